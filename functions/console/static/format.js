// Money and times as people read and write them.
import { configuration } from "./configuration.js"
import { language } from "./texts.js"

const locale = () => (language.value === "hi" ? "hi-IN" : "en-IN")

/** Decimal places of a currency's minor units. @param {string} currency */
export function decimals(currency) {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2
}

/** @param {number | null | undefined} minor @param {string} [currency] */
export function money(minor, currency = "INR") {
  if (minor == null) return ""
  try {
    return new Intl.NumberFormat(locale(), { style: "currency", currency }).format(minor / 10 ** decimals(currency))
  } catch {
    return `${minor} ${currency}`
  }
}

/** Minor units as text for an input. @param {number | null | undefined} minor @param {string} [currency] */
export function moneyText(minor, currency = "INR") {
  return minor == null ? "" : (minor / 10 ** decimals(currency)).toFixed(decimals(currency))
}

/** The minor units that somebody typed, without rounding; null where it is no amount. @param {string} text @param {string} [currency] */
export function minorUnits(text, currency = "INR") {
  const places = decimals(currency)
  const found = /^(\d{1,12})(?:\.(\d*))?$/.exec(text.trim().replace(/[,₹\s]/g, ""))
  if (!found || (found[2] ?? "").length > places) return null
  return Number(found[1] + (found[2] ?? "").padEnd(places, "0"))
}

/** @param {number | null | undefined} value */
export function number(value) {
  return value == null ? "" : new Intl.NumberFormat(locale()).format(value)
}

/** @param {string | null | undefined} iso @param {string} [zone] */
export function time(iso, zone = configuration.timeZone) {
  if (!iso) return ""
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short", timeZone: zone }).format(new Date(iso))
}

/** @param {string | null | undefined} iso @param {string} [zone] */
export function exactTime(iso, zone = configuration.timeZone) {
  if (!iso) return ""
  return new Intl.DateTimeFormat(locale(), { dateStyle: "full", timeStyle: "long", timeZone: zone }).format(new Date(iso))
}

/** A day without time, as the API gives it. @param {string | null | undefined} day */
export function date(day) {
  if (!day) return ""
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`))
}

/** @param {string | null | undefined} iso */
export function ago(iso) {
  if (!iso) return ""
  const seconds = (new Date(iso).getTime() - Date.now()) / 1000
  const units = /** @type {const} */ ([["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]])
  const [unit, length] = units.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1]
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.round(seconds / length), unit)
}

/** Today in a zone, as YYYY-MM-DD; `days` later. */
export function today(days = 0, zone = configuration.timeZone) {
  return local(new Date(Date.now() + days * 86_400_000), zone).slice(0, 10)
}

/** An instant as an input of type datetime-local takes it, in a zone. @param {string | null | undefined} iso @param {string} [zone] */
export function localInput(iso, zone = configuration.timeZone) {
  return iso ? local(new Date(iso), zone).slice(0, 16) : ""
}

/** What an input of type datetime-local says, as an instant with the zone's offset. @param {string} text @param {string} [zone] */
export function instant(text, zone = configuration.timeZone) {
  const wall = Date.parse(`${text.length === 16 ? `${text}:00` : text}Z`)
  if (Number.isNaN(wall)) return null
  const first = wall - offset(wall, zone)
  const shift = offset(first, zone) // again, for a change of the clocks may lie between the two
  const sign = shift < 0 ? "-" : "+"
  const minutes = Math.abs(shift) / 60_000
  const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, "0")
  return `${new Date(wall).toISOString().slice(0, 19)}${sign}${two(minutes / 60)}:${two(minutes % 60)}`
}

/** Milliseconds that a zone is ahead of UTC at an instant. @param {number} at @param {string} zone */
function offset(at, zone) {
  return Date.parse(`${local(new Date(at), zone)}Z`) - Math.floor(at / 1000) * 1000
}

/** @param {Date} at @param {string} zone */
function local(at, zone) {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  })
  const parts = Object.fromEntries(format.formatToParts(at).map(part => [part.type, part.value]))
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}`
}

/** @param {number | null | undefined} bytes */
export function size(bytes) {
  if (bytes == null) return ""
  const units = ["B", "kB", "MB", "GB"]
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 3)
  return `${(bytes / 1000 ** power).toFixed(power ? 1 : 0)} ${units[power]}`
}
