// Run, Step, Reset: how many steps a second, and when to stop.

const STEPS_A_SECOND = [2, 8, 30, 150, 1500];
const SPEEDS = ["2 steps/s", "8 steps/s", "30 steps/s", "150 steps/s", "full"];
const BUDGET = 12; // milliseconds of arithmetic a frame, so that the page stays alive

export class Runner {
  constructor(lab, buttons) {
    this.lab = lab;
    this.buttons = buttons;
    this.running = false;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    buttons.run.addEventListener("click", () => (this.running ? this.pause() : this.start()));
    buttons.step.addEventListener("click", () => this.step());
    buttons.reset.addEventListener("click", () => this.reset());
    buttons.speed.addEventListener("input", () => this.tell());
  }

  get speed() {
    return Number(this.buttons.speed.value);
  }

  set speed(index) {
    this.buttons.speed.value = index;
    this.tell();
  }

  tell() {
    this.buttons.speed.setAttribute("aria-valuetext", SPEEDS[this.speed]);
    this.buttons.told.textContent = SPEEDS[this.speed];
  }

  start() {
    const { end } = this.lab.run;
    if (end === "limit") this.lab.resume();
    else if (end !== null) this.lab.set({});
    this.running = true;
    this.owed = 1;
    this.last = performance.now();
    requestAnimationFrame((now) => this.frame(now));
    this.show();
  }

  pause() {
    this.running = false;
    this.show();
  }

  step() {
    this.pause();
    this.lab.step();
    this.lab.changed("step");
  }

  reset() {
    this.pause();
    this.lab.set({});
  }

  /** By-hand changes of the coefficients end a run; changes of anything else let it go on. */
  changed(what) {
    if (what === "hand") this.pause();
  }

  frame(now) {
    if (!this.running) return;
    this.owed = Math.min(this.owed + ((now - this.last) / 1000) * STEPS_A_SECOND[this.speed], 1500);
    this.last = now;
    const started = performance.now();
    const budget = this.still.matches ? 20 * BUDGET : BUDGET; // less motion: fewer, longer frames
    const before = this.lab.run.path.length;
    while ((this.owed >= 1 || this.still.matches) && !this.lab.done && performance.now() - started < budget) {
      this.lab.step();
      this.owed -= 1;
    }
    if (this.lab.done) this.running = false;
    if (this.lab.run.path.length !== before || !this.running) this.lab.changed("step");
    requestAnimationFrame((next) => this.frame(next));
  }

  show() {
    const { run, step } = this.buttons;
    run.textContent = this.running ? "Pause" : "Run";
    step.disabled = this.lab.done;
  }
}
