// What has just been done, said once and for screen readers too.
import { signal } from "@preact/signals"
import { html } from "./markup.js"
import { t } from "./texts.js"

const SECONDS_SHOWN = 8

/** @type {import("@preact/signals").Signal<{ number: number, text: string }[]>} */
const notices = signal([])
let count = 0

/** @param {string} text */
export function announce(text) {
  const number = ++count
  notices.value = [...notices.value, { number, text }].slice(-3)
  setTimeout(() => dismiss(number), SECONDS_SHOWN * 1000)
}

/** @param {number} number */
const dismiss = number => (notices.value = notices.value.filter(notice => notice.number !== number))

export function Notices() {
  return html`<div class="notices" role="status" aria-live="polite">${notices.value.map(({ number, text }) => html`<p key=${number}>
    <span>${text}</span><button type="button" class="quiet" aria-label=${t("Dismiss")} onClick=${() => dismiss(number)}>×</button></p>`)}</div>`
}
