// Light, dark, or as the system says.
import { signal } from "@preact/signals"

export const THEMES = { system: "As the system", light: "Light", dark: "Dark" }

/** @typedef {keyof typeof THEMES} Theme */

const stored = localStorage.getItem("console.theme") ?? ""
export const theme = signal(/** @type {Theme} */ (stored in THEMES ? stored : "system"))
apply()

/** @param {Theme} chosen */
export function chooseTheme(chosen) {
  theme.value = chosen
  localStorage.setItem("console.theme", chosen)
  apply()
}

function apply() {
  document.documentElement.dataset.theme = theme.value
}
