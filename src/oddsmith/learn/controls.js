// The form: each element with data-setting shows a setting of the lab and changes it.

const LISTS = {
  degree: [1, 2, 3, 4, 5, 6],
  alpha: [0, 0.00001, 0.0001, 0.001, 0.01, 0.1, 1],
  learningRate: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50],
  batchSize: [1, 2, 5, 10, 20, 50, 100, 0],
};
const WORDS = { alpha: { 0: "none" }, batchSize: { 0: "all" } };
const OF_DESCENT = ["learningRate", "batchSize"];

/** Connect the form to the lab. Returns a function that shows the lab's settings. */
export function controls(lab, root) {
  const fields = [...root.querySelectorAll("[data-setting]")].map((element) => field(lab, element));
  return () => {
    fields.forEach((show) => show());
    const safe = lab.safeRate;
    root.getElementById("safe").textContent =
      lab.settings.solver !== "gd"
        ? "This solver finds its own step."
        : safe
          ? `The cost falls for sure below ${Number(safe.toPrecision(2))}.`
          : "No rate is sure here.";
  };
}

function field(lab, element) {
  const name = element.dataset.setting;
  if (element.type === "checkbox") return checkbox(lab, element, name);
  if (element.type === "range") return slider(lab, element, name);
  if (element.tagName === "FIELDSET") return choice(lab, element, name);
  element.addEventListener("change", () => lab.set({ [name]: element.value }));
  return () => (element.value = lab.settings[name]);
}

function checkbox(lab, element, name) {
  element.addEventListener("change", () => lab.set({ [name]: element.checked }));
  return () => (element.checked = lab.settings[name]);
}

function choice(lab, element, name) {
  const options = [...element.querySelectorAll("input")];
  options.forEach((option) => option.addEventListener("change", () => lab.set({ [name]: option.value })));
  return () => options.forEach((option) => (option.checked = option.value === lab.settings[name]));
}

/** A slider over a list of values. */
function slider(lab, element, name) {
  const list = LISTS[name];
  const output = document.querySelector(`output[for="${element.id}"]`);
  Object.assign(element, { min: 0, max: list.length - 1, step: 1 });
  element.addEventListener("input", () => lab.set({ [name]: list[element.value] }));
  return () => {
    const value = lab.settings[name];
    const text = WORDS[name]?.[value] ?? String(value);
    element.value = list.indexOf(value);
    element.disabled = OF_DESCENT.includes(name) && lab.settings.solver !== "gd";
    element.setAttribute("aria-valuetext", text);
    output.textContent = text;
  };
}
