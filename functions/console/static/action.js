// Actions: a button, a dialog that names the consequence and asks once, one request however often it is clicked.
import { signal } from "@preact/signals"
import { useEffect, useRef, useState } from "preact/hooks"
import { Problem, request } from "./api.js"
import { beginning, Inputs, read } from "./form.js"
import { changes, useLoaded } from "./loading.js"
import { html } from "./markup.js"
import { announce } from "./notices.js"
import { Refusal } from "./problem.js"
import { go } from "./router.js"
import { t } from "./texts.js"

/** @typedef {import("./description.js").Action} Action */
/** @typedef {import("./description.js").Row} Row */

/** The action whose dialog is open. */
export const opened = signal(/** @type {{ action: Action, row: Row, etag?: string | null } | null} */ (null))

/** @param {{ actions?: Action[], row: Row, etag?: string | null, about?: string }} properties */
export function Actions({ actions = [], row, etag, about }) {
  const possible = actions.filter(action => action.when?.(row) ?? true)
  if (possible.length === 0) return null
  return html`<div class="actions">${possible.map(action => html`<button type="button" class=${action.look ?? ""}
    aria-label=${about ? `${t(action.name)}: ${about}` : undefined} onClick=${() => (opened.value = { action, row, etag })}>${t(action.name)}</button>`)}</div>`
}

export function ActionDialog() {
  return opened.value && html`<${Dialog} key=${opened.value} ...${opened.value} />`
}

/** @param {{ action: Action, row: Row, etag?: string | null }} properties */
function Dialog({ action, row, etag }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null))
  const known = useLoaded(async () => (action.prepare ? await action.prepare(row) : {}), [])
  useEffect(() => element.current?.showModal(), [])
  const close = () => (opened.value = null)
  return html`<dialog ref=${element} aria-labelledby="dialog-heading" onClose=${close} onCancel=${close}>
    <h2 id="dialog-heading">${t(action.name)}</h2>
    ${known.error && html`<${Refusal} error=${known.error} retry=${known.again} />`}
    ${known.isLoading && html`<p class="loading" role="status">${t("Loading…")}</p>`}
    ${known.value && html`<${ActionForm} action=${action} row=${row} known=${known.value} etag=${etag} close=${() => element.current?.close()} />`}
    ${!known.value && html`<div class="buttons"><button type="button" onClick=${close}>${t("Close")}</button></div>`}
  </dialog>`
}

/** @param {{ action: Action, row: Row, known: any, etag?: string | null, close: () => void }} properties */
function ActionForm({ action, row, known, etag, close }) {
  const [inputs] = useState(() => action.inputs?.(row, known) ?? [])
  const [typed, setTyped] = useState(() => beginning(inputs))
  const [faults, setFaults] = useState(/** @type {Record<string, string>} */ ({}))
  const [error, setError] = useState(/** @type {unknown} */ (null))
  const [isSending, setSending] = useState(false)
  const attempt = useRef({ call: "", key: "" })
  const sending = useRef(false)

  /** The same key for the same request, however often it is sent. @param {string} call */
  const keyOf = call => {
    if (attempt.current.call !== call) attempt.current = { call, key: crypto.randomUUID() }
    return attempt.current.key
  }

  /** @param {Record<string, any>} values */
  async function send(values) {
    const call = action.call?.(row, values, known) ?? { path: "" }
    const idempotencyKey = action.key ? keyOf(JSON.stringify(call)) : undefined
    return (await request({ ...call, idempotencyKey, ifMatch: etag })).data
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault()
    const { values, faults: found } = read(inputs, typed)
    setFaults(found)
    const [first] = Object.keys(found)
    if (first) return document.getElementById(`action-${first}`)?.focus()
    if (sending.current) return
    sending.current = true
    setSending(true)
    setError(null)
    try {
      const data = action.run ? await action.run(row, values) : await send(values)
      close()
      changes.value++
      announce(t(action.done ?? "Done."))
      const next = action.then?.(data, row)
      if (next) go(next)
    } catch (refused) {
      setError(refused)
      if (refused instanceof Problem) setFaults(faultsOf(refused, inputs))
    } finally {
      sending.current = false
      setSending(false)
    }
  }

  const sentences = (action.consequence?.(row, known) ?? []).filter(Boolean)
  const isStale = error instanceof Problem && error.status === 412
  return html`<form onSubmit=${submit} novalidate>
    ${sentences.length > 0 && html`<div class=${`consequence ${action.look ?? ""}`}>${sentences.map(each => html`<p>${each}</p>`)}</div>`}
    <${Inputs} inputs=${inputs} typed=${typed} faults=${faults} id="action" change=${(/** @type {string} */ name, /** @type {any} */ value) => setTyped({ ...typed, [name]: value })} />
    <${Refusal} error=${error} />
    ${isStale && html`<p><button type="button" onClick=${() => { close(); changes.value++ }}>${t("Show the current state")}</button></p>`}
    <div class="buttons">
      <button type="button" onClick=${close}>${t("Back")}</button>
      <button type="submit" class=${action.look ?? "main"} aria-disabled=${isSending ? "true" : undefined}>${isSending ? t("Working…") : t(action.confirm ?? action.name)}</button>
    </div>
  </form>`
}

/** @param {Problem} problem @param {import("./description.js").Input[]} inputs */
function faultsOf(problem, inputs) {
  const named = problem.errors.map(({ field, message }) => [field.split(".").at(-1) ?? "", message])
  return Object.fromEntries(named.filter(([name]) => inputs.some(input => input.name === name)))
}
