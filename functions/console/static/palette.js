// The command palette, by Ctrl-K: every screen, people and courses by what they are called.
import { signal } from "@preact/signals"
import { useEffect, useRef, useState } from "preact/hooks"
import { get } from "./api.js"
import { html } from "./markup.js"
import { groups } from "./resources.js"
import { go, href } from "./router.js"
import { t } from "./texts.js"

const isOpen = signal(false)
export const openPalette = () => (isOpen.value = true)

addEventListener("keydown", event => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault()
    isOpen.value = !isOpen.value && !document.querySelector("dialog[open]")
  }
})

export function Palette() {
  return isOpen.value && html`<${Dialog} />`
}

function Dialog() {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null))
  const [text, setText] = useState("")
  const [chosen, setChosen] = useState(0)
  const [found, setFound] = useState(/** @type {Command[]} */ ([]))
  useEffect(() => element.current?.showModal(), [])
  useEffect(() => {
    let isLatest = true
    const timer = setTimeout(() => search(text.trim()).then(commands => isLatest && setFound(commands), () => isLatest && setFound([])), 200)
    return () => {
      isLatest = false
      clearTimeout(timer)
    }
  }, [text])
  const commands = [...screens(text), ...found].slice(0, 12)
  const close = () => (isOpen.value = false)
  /** @param {Command | undefined} command */
  const run = command => {
    if (!command) return
    element.current?.close()
    go(command.address)
  }
  /** @param {KeyboardEvent} event */
  const key = event => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
    if (!step) return
    event.preventDefault()
    setChosen((chosen + step + commands.length) % Math.max(commands.length, 1))
  }
  return html`<dialog class="palette" ref=${element} aria-label=${t("Search or go to…")} onClose=${close}>
    <form method="dialog" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); run(commands[chosen]) }}>
      <input type="search" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant=${`palette-${chosen}`} aria-label=${t("Search or go to…")}
        placeholder=${t("A screen, a person's address, a course…")} autofocus value=${text} onKeyDown=${key} onInput=${(/** @type {any} */ event) => { setText(event.target.value); setChosen(0) }} />
    </form>
    <ul id="palette-list" role="listbox" aria-label=${t("Results")}>${commands.map((command, index) => html`<li key=${command.address} id=${`palette-${index}`} role="option" aria-selected=${String(index === chosen)}
      onClick=${() => run(command)} onMouseMove=${() => setChosen(index)}><span>${command.title}</span><span class="muted">${command.note}</span></li>`)}</ul>
  </dialog>`
}

/** @typedef {{ title: string, note: string, address: string }} Command */

/** @param {string} text @returns {Command[]} */
function screens(text) {
  const all = groups.flatMap(group => group.resources.map(resource => ({ title: t(resource.title), note: t(group.title), address: href([resource.name]) })))
  return all.filter(command => `${command.title} ${command.note}`.toLowerCase().includes(text.toLowerCase()))
}

/** @param {string} text @returns {Promise<Command[]>} */
async function search(text) {
  if (text.length < 2) return []
  const { events } = await get("admin/events", { limit: 100 })
  const courses = events.filter((/** @type {any} */ event) => event.title.toLowerCase().includes(text.toLowerCase()))
  /** @type {Command[]} */
  const commands = courses.slice(0, 5).map((/** @type {any} */ event) => ({ title: event.title, note: t("Course"), address: href(["courses", event.id]) }))
  const { users } = await get("admin/users", { q: text, limit: 5 })
  for (const person of users) commands.push({ title: person.fullName || person.email, note: person.email, address: href(["people", person.id]) })
  if (text.includes("@")) commands.push({ title: text, note: t("Registrations of this address"), address: href(["registrations"], { email: text }) })
  if (/^[0-9a-f-]{36}$/.test(text)) commands.push({ title: text, note: t("Registration"), address: href(["registrations", text]) })
  if (/^order_/.test(text)) commands.push({ title: text, note: t("Webhook log"), address: href(["webhook-log"], { orderId: text }) })
  if (/^pay_/.test(text)) commands.push({ title: text, note: t("Webhook log"), address: href(["webhook-log"], { paymentId: text }) })
  if (/^CC-/i.test(text)) commands.push({ title: text, note: t("Certificates"), address: href(["certificates"], { number: text }) })
  return commands
}
