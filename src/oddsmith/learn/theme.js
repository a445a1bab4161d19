// Light and dark: the system's choice until the button is pressed, then the button's, remembered where that is allowed.

const KEY = "oddsmith-theme";

export function theme(button, redraw) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const dark = (recall() ?? (system.matches ? "dark" : "light")) === "dark";
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.setAttribute("aria-pressed", String(dark));
    redraw();
  };
  system.addEventListener("change", show);
  button.addEventListener("click", () => {
    remember(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    show();
  });
  show();
}

let chosen = null; // where a browser keeps no storage for files

function recall() {
  try {
    return localStorage.getItem(KEY) ?? chosen;
  } catch {
    return chosen;
  }
}

function remember(value) {
  chosen = value;
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // it holds for this visit
  }
}
