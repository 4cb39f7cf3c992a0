// A refusal as an administrator reads it: what is wrong, where, and the id to find it in the logs by.
import { Problem } from "./api.js"
import { html } from "./markup.js"
import { t, words } from "./texts.js"

/** @param {{ error: unknown, retry?: () => void }} properties */
export function Refusal({ error, retry }) {
  if (!error) return null
  const problem = error instanceof Problem ? error : new Problem({ status: 0, detail: String(error instanceof Error ? error.message : error) })
  const title = problem.status === 412 ? t("Somebody else has changed this meanwhile") : problem.code ? words(problem.code) : t("Something went wrong")
  return html`<div class="refusal" role="alert">
    <strong>${title}</strong>
    ${problem.detail && html`<p>${problem.detail}</p>`}
    ${problem.errors.length > 0 && html`<ul>${problem.errors.map(each => html`<li><b>${words(each.field.replace(/^body\./, ""))}</b>: ${each.message}</li>`)}</ul>`}
    <p class="trace">
      ${retry && html`<button type="button" onClick=${retry}>${t("Try again")}</button>`}
      ${problem.requestId && html`<button type="button" class="quiet" title=${t("Copy")} onClick=${() => navigator.clipboard.writeText(problem.requestId)}>
        ${t("Request")} <code>${problem.requestId}</code></button>`}
    </p>
  </div>`
}
