// How values look: money, times, statuses, links to what an id stands for.
import { field, valueAt } from "./description.js"
import { ago, date, exactTime, money, number, size, time } from "./format.js"
import { html } from "./markup.js"
import { resources } from "./resources.js"
import { href } from "./router.js"
import { t, words } from "./texts.js"

/** @typedef {import("./description.js").Field} Field */
/** @typedef {import("./description.js").Row} Row */

const GOOD = new Set(["confirmed", "completed", "free", "success", "processed", "ready", "matched", "valid", "finished", "won", "ok", "ongoing", "registered", "sent"])
const BAD = new Set(["failed", "cancelled", "lost", "revoked", "action_required", "missing_capture", "captured_not_confirmed", "amount_mismatch", "refunded_outside", "unknown_payment", "unexplained_adjustment", "unreadable", "degraded", "unreported_dispute"])
const WAITING = new Set(["pending", "requested", "open", "under_review", "running", "uploading", "processing", "received", "waiting", "notified", "unsettled", "initiated"])

/** @param {{ status: string }} properties */
export function Badge({ status }) {
  const look = GOOD.has(status) ? "good" : BAD.has(status) ? "bad" : WAITING.has(status) ? "waiting" : "plain"
  return html`<span class=${`badge ${look}`}>${words(status)}</span>`
}

/** @param {{ at: string | null | undefined, zone?: string }} properties */
export function Time({ at, zone }) {
  return at ? html`<time datetime=${at} title=${`${exactTime(at, zone)} · ${ago(at)}`}>${time(at, zone)}</time>` : null
}

const RESOURCE_OF_ID = /** @type {Record<string, string>} */ ({
  eventId: "courses", userId: "people", registrationId: "registrations", refundId: "refunds", runId: "runs", webhookLogId: "webhook-log",
})

/** The value of a field of a row. @param {{ of: Row, field: string | Field }} properties */
export function Value({ of, field: given }) {
  const { name, kind, currency = "currency", zone = "timeZone", to, id, value: compute } = field(given)
  const value = compute ? compute(of) : valueAt(of, name)
  if (value == null || value === "") return html`<span class="nothing">–</span>`
  const target = typeof to === "function" ? to(of) : to ?? RESOURCE_OF_ID[name]
  const link = target && resources[target]?.item ? href([target, String(id ? valueAt(of, id) : value)]) : null
  const shown = show(kind, value, of, valueAt(of, currency), valueAt(of, zone))
  return link && (!id || valueAt(of, id)) ? html`<a href=${link}>${shown}</a>` : shown
}

/** @param {import("./description.js").Kind} kind @param {any} value @param {Row} row @param {string} [currency] @param {string} [zone] */
function show(kind, value, row, currency, zone) {
  switch (kind) {
    case "money": return html`<span class="money">${money(value, currency)}</span>`
    case "time": return html`<${Time} at=${value} zone=${zone} />`
    case "date": return date(value)
    case "number": return html`<span class="number">${number(value)}</span>`
    case "percent": return html`<span class="number">${value} %</span>`
    case "size": return size(value)
    case "status": return html`<${Badge} status=${String(value)} />`
    case "boolean": return t(value ? "Yes" : "No")
    case "link": return safeLink(String(value))
    case "id": return html`<code class="id" title=${value}>${shortId(String(value))}</code>`
    case "json": return html`<pre class="json" tabindex="0">${typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>`
    case "changes": return html`<${Changes} before=${row.oldValues} after=${row.newValues} />`
    case "long": return html`<span class="long">${value}</span>`
    default: return typeof value === "object" ? html`<pre class="json" tabindex="0">${JSON.stringify(value, null, 2)}</pre>` : String(value)
  }
}

/** What a change made of what, field by field. @param {{ before: Row | null, after: Row | null }} properties */
function Changes({ before, after }) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  return html`<dl class="changes">${names.map(name => html`<div><dt>${words(name)}</dt><dd>
    ${before && name in before && html`<del>${written(before[name])}</del>`}${before && name in before && after && name in after && " → "}
    ${after && name in after && html`<ins>${written(after[name])}</ins>`}</dd></div>`)}</dl>`
}

/** @param {unknown} value */
function written(value) {
  return value == null || value === "" ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value)
}

/** Only web addresses become links: what is stored may say anything. @param {string} value */
function safeLink(value) {
  return /^https?:\/\//.test(value) ? html`<a href=${value} target="_blank" rel="noreferrer">${value}</a>` : value
}

/** @param {string} id */
export const shortId = id => (/^[0-9a-f-]{36}$/.test(id) ? id.slice(0, 8) : id)
