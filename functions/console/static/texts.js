// The language of the page. English texts are the keys; texts_hi.js has them in Hindi.
import { signal } from "@preact/signals"
import { hindi } from "./texts_hi.js"

export const LANGUAGES = { en: "English", hi: "हिन्दी" }

/** @typedef {keyof typeof LANGUAGES} Language */

export const language = signal(/** @type {Language} */ (localStorage.getItem("console.language") === "hi" ? "hi" : "en"))

/** Texts that were shown and have no Hindi. @type {Set<string>} */
export const untranslated = new Set()

/** @param {Language} chosen */
export function speak(chosen) {
  language.value = chosen
  localStorage.setItem("console.language", chosen)
  document.documentElement.lang = chosen
}

/** The text in the chosen language, with `{name}` replaced. @param {string} text @param {Record<string, unknown>} [values] */
export function t(text, values = {}) {
  const said = language.value === "hi" ? (hindi[text] ?? missing(text)) : text
  return said.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""))
}

/** @param {string} text */
function missing(text) {
  untranslated.add(text)
  return text
}

/** The name of a field or a code in words: startsAt is "Starts", event_over is "Event over". What the data names may have no Hindi. @param {string} name */
export function words(name) {
  const spaced = name.replace(/[_.]/g, " ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase().replace(/ (id|at)$/, "")
  const text = spaced.charAt(0).toUpperCase() + spaced.slice(1)
  return language.value === "hi" ? (hindi[text] ?? text) : text
}
