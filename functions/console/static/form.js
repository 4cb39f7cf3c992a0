// Forms: one input a field, what was typed as the API takes it, and what is wrong beside the field it is about.
import { decimals, instant, localInput, minorUnits, moneyText } from "./format.js"
import { configuration } from "./configuration.js"
import { html } from "./markup.js"
import { t, words } from "./texts.js"

/** @typedef {import("./description.js").Input} Input */
/** @typedef {Record<string, string | boolean | string[] | File | null>} Typed */

/** What stands in the inputs to begin with. @param {Input[]} inputs @returns {Typed} */
export function beginning(inputs) {
  const values = Object.fromEntries(inputs.map(input => [input.name, input.value]))
  return Object.fromEntries(inputs.map(input => [input.name, shown(input, values)]))
}

/** @param {Input} input @param {Record<string, unknown>} values */
function shown(input, values) {
  const value = /** @type {any} */ (input.value)
  if (input.kind === "boolean") return Boolean(value)
  if (input.kind === "several") return value ?? []
  if (input.kind === "file" || value == null) return input.kind === "file" ? null : ""
  if (input.kind === "money") return moneyText(value, currencyOf(input, values))
  if (input.kind === "time") return localInput(value, zoneOf(input, values))
  return String(value)
}

/** @param {Input} input @param {Record<string, unknown>} values */
const currencyOf = (input, values) => String(values[input.currency ?? ""] ?? input.currency ?? "INR") || "INR"

/** @param {Input} input @param {Record<string, unknown>} values */
const zoneOf = (input, values) => String(values[input.zone ?? ""] ?? input.zone ?? configuration.timeZone) || configuration.timeZone

/** The fields as the API takes them, and what cannot be read, by field. @param {Input[]} inputs @param {Typed} typed */
export function read(inputs, typed) {
  /** @type {Record<string, any>} */
  const values = {}
  /** @type {Record<string, string>} */
  const faults = {}
  for (const input of inputs) {
    const raw = typed[input.name]
    const text = typeof raw === "string" ? raw : ""
    const isEmpty = raw == null || text.trim() === "" && typeof raw === "string" || Array.isArray(raw) && raw.length === 0
    if (input.kind === "boolean" || input.kind === "several" || input.kind === "file") values[input.name] = raw
    else if (isEmpty) values[input.name] = null
    else if (input.kind === "money") values[input.name] = minorUnits(text, currencyOf(input, typed))
    else if (input.kind === "number") values[input.name] = /^-?\d+$/.test(text.trim()) ? Number(text) : null
    else if (input.kind === "time") values[input.name] = instant(text, zoneOf(input, typed))
    else values[input.name] = input.kind === "long" ? text : text.trim()
    const fault = isEmpty ? (input.required ? t("This is needed.") : null) : faultOf(input, values[input.name], currencyOf(input, typed))
    if (fault) faults[input.name] = fault
  }
  return { values, faults }
}

/** @param {Input} input @param {any} value @param {string} currency */
function faultOf(input, value, currency) {
  if (value === null) return input.kind === "money" ? t("An amount such as 499.00 is needed.") : t("This cannot be read.")
  if (typeof value === "number") {
    const named = (/** @type {number} */ amount) => (input.kind === "money" ? moneyText(amount, currency) : String(amount))
    if (input.min != null && value < input.min) return t("At least {least}.", { least: named(input.min) })
    if (input.max != null && value > input.max) return t("At most {most}.", { most: named(input.max) })
  }
  if (typeof value === "string") {
    if (input.minLength && value.trim().length < input.minLength) return t("At least {least} characters.", { least: input.minLength })
    if (input.maxLength && value.length > input.maxLength) return t("At most {most} characters.", { most: input.maxLength })
    if (input.pattern && !new RegExp(input.pattern).test(value)) return t("This does not have the right form.")
  }
  return null
}

/** @param {{ inputs: Input[], typed: Typed, faults: Record<string, string>, change: (name: string, value: Typed[string]) => void, id: string }} properties */
export function Inputs({ inputs, typed, faults, change, id }) {
  return inputs.map((input, index) => {
    const name = `${id}-${input.name}`
    const described = [input.help && `${name}-help`, faults[input.name] && `${name}-fault`].filter(Boolean).join(" ") || undefined
    const label = input.label ? t(input.label) : words(input.name)
    const common = { id: name, "aria-describedby": described, "aria-invalid": faults[input.name] ? "true" : undefined, required: input.required, autofocus: index === 0 }
    return html`<div class=${`input ${input.kind ?? "text"}`}>
      ${input.kind === "several"
        ? html`<fieldset><legend>${label}</legend>${several(input, typed, change, name)}</fieldset>`
        : html`<label for=${name}>${label}${unit(input, typed)}${input.required ? "" : html` <span class="optional">${t("optional")}</span>`}</label>
          ${control(input, typed, change, common)}`}
      ${input.help && html`<p class="help" id=${`${name}-help`}>${t(input.help)}</p>`}
      ${faults[input.name] && html`<p class="fault" id=${`${name}-fault`}>${faults[input.name]}</p>`}
    </div>`
  })
}

/** @param {Input} input @param {Typed} typed */
function unit(input, typed) {
  if (input.kind === "money") return ` (${currencyOf(input, typed)})`
  if (input.kind === "time") return ` (${zoneOf(input, typed)})`
  return ""
}

/** @param {Input} input @param {Typed} typed @param {(name: string, value: Typed[string]) => void} change @param {Record<string, unknown>} common */
function control(input, typed, change, common) {
  const value = /** @type {any} */ (typed[input.name])
  const onInput = (/** @type {any} */ event) => change(input.name, event.target.value)
  switch (input.kind) {
    case "long": return html`<textarea ...${common} rows="4" value=${value} onInput=${onInput} maxlength=${input.maxLength}></textarea>`
    case "choice": return html`<select ...${common} value=${value} onChange=${onInput}>
        ${!input.required && html`<option value=""></option>`}
        ${input.options?.map(option => html`<option value=${option} selected=${option === value}>${words(option)}</option>`)}</select>`
    case "boolean": return html`<input ...${common} required=${false} type="checkbox" checked=${value} onChange=${(/** @type {any} */ event) => change(input.name, event.target.checked)} />`
    case "time": return html`<input ...${common} type="datetime-local" value=${value} onInput=${onInput} />`
    case "date": return html`<input ...${common} type="date" value=${value} onInput=${onInput} />`
    case "number": return html`<input ...${common} inputmode="numeric" value=${value} onInput=${onInput} />`
    case "money": return html`<input ...${common} inputmode="decimal" value=${value} onInput=${onInput} placeholder=${(0).toFixed(decimals(currencyOf(input, typed)))} />`
    case "file": return html`<input ...${common} type="file" accept=${input.options?.join(",")} onChange=${(/** @type {any} */ event) => change(input.name, event.target.files[0] ?? null)} />`
    default: return html`<input ...${common} type=${input.kind ?? "text"} value=${value} onInput=${onInput} maxlength=${input.maxLength} />`
  }
}

/** @param {Input} input @param {Typed} typed @param {(name: string, value: Typed[string]) => void} change @param {string} id */
function several(input, typed, change, id) {
  const chosen = /** @type {string[]} */ (typed[input.name])
  return input.options?.map(option => html`<label class="tick" for=${`${id}-${option}`}>
    <input type="checkbox" id=${`${id}-${option}`} checked=${chosen.includes(option)}
      onChange=${() => change(input.name, chosen.includes(option) ? chosen.filter(each => each !== option) : [...chosen, option])} />
    ${words(option)}</label>`)
}
