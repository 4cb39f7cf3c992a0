// The page of the local stack: shows the views of views.js to the chosen user, and the machinery to everybody.
import { stack, words } from "./stack.js"
import { views } from "./views.js"

const people = { "": "Nobody", ...Object.fromEntries(stack.users.map(name => [name, name])) }
const API = "/functions/v1/"
const ZONE = "Asia/Kolkata"
const OFFSET = "+05:30"
let user = sessionStorage.user ?? ""
let token = ""
let socket

// Building blocks

/** An element with properties and children; what is undefined is left out. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  for (const [name, value] of Object.entries(properties.data ?? {})) made.dataset[name] = value
  for (const [name, value] of Object.entries(properties.aria ?? {})) made.setAttribute(`aria-${name}`, value)
  made.append(...children.filter(child => child != null))
  return made
}

const at = (row, key) => key.split(".").reduce((value, name) => value?.[name], row)
const isMoney = key => /(^|\.)(\w+)?amount$/i.test(key)

function shown(row, key, money = []) {
  const value = at(row, key)
  if (value == null || value === "") return ""
  if (isMoney(key) || money.includes(key)) {
    const currency = row.currency ?? "INR"
    const format = new Intl.NumberFormat("en-IN", { style: "currency", currency })
    return format.format(value / 10 ** format.resolvedOptions().maximumFractionDigits)
  }
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return new Date(value).toLocaleString("en-IN", { dateStyle: "medium", timeStyle: "short", timeZone: ZONE })
  if (typeof value === "boolean") return value ? "yes" : "no"
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

// Requests

/** Status and body of a request; every one is written down at the foot of the page. */
async function request(method, url, { body, accept = "application/json", quiet = false } = {}) {
  const headers = { Accept: accept, ...(token && url.startsWith(API) && { Authorization: `Bearer ${token}` }) }
  if (body !== undefined) headers["Content-Type"] = "application/json"
  const answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
  const type = answer.headers.get("Content-Type") ?? ""
  const content = type.includes("json") ? await answer.json() : accept === "application/json" ? await answer.text() : await answer.blob()
  if (!quiet || !answer.ok) write(`${method} ${url}`, answer, content, body)
  return { ok: answer.ok, status: answer.status, content }
}

function write(what, answer, content, body) {
  const line = element("span", { className: answer.ok ? "" : "bad" }, `${what}: ${answer.status} ${answer.ok ? "" : content?.code ?? ""} ${answer.ok ? "" : content?.detail ?? ""}`)
  document.querySelector("#answers summary").replaceChildren(line)
  const text = value => (value === undefined ? "" : value instanceof Blob ? `(${value.type}, ${value.size} bytes)` : typeof value === "string" ? value : JSON.stringify(value, null, 2))
  const log = document.querySelector("#answers div")
  log.prepend(element("pre", {}, `${what} ${text(body)}\n${answer.status} ${text(content)}`))
  while (log.children.length > 20) log.lastChild.remove()
}

/** Open what the API answers (a page, a PDF, a CSV) in a new tab; a link could not carry the token. */
async function openTab(path, accept) {
  const tab = window.open("", "_blank")
  const answer = await request("GET", API + path, { accept })
  if (answer.ok && answer.content instanceof Blob) tab.location = URL.createObjectURL(answer.content)
  else tab.close()
}

/** Ask for the fields of an action; null when it was called off. Empty fields are left out. */
function ask(title, fields, row) {
  const dialog = document.querySelector("#asking")
  const form = dialog.querySelector("form")
  form.replaceChildren(
    element("h2", { id: "asking-title" }, title),
    ...fields.map(field => label(field, typeof field.value === "function" ? field.value(row) : field.value)),
    element("div", { className: "tools" },
      element("button", { className: "main", value: "yes" }, title),
      element("button", { value: "no", formNoValidate: true }, "Not now")))
  dialog.returnValue = "no"
  dialog.showModal()
  return new Promise(resolve => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes" ? read(form, fields) : null)
  })
}

function label(field, value) {
  const input = field.options
    ? element("select", {}, ...field.options.map(option => element("option", {}, option)))
    : element(field.type === "long" ? "textarea" : "input", { type: { time: "datetime-local", number: "number" }[field.type] ?? "text" })
  Object.assign(input, { name: field.name, required: field.required ?? true, placeholder: field.hint ?? "" })
  if (value !== undefined) input.value = value
  return element("label", {}, field.label ?? words(field.name), input)
}

function read(form, fields) {
  const given = fields.map(field => [field, form.elements[field.name].value]).filter(([, value]) => value !== "")
  return Object.fromEntries(given.map(([field, value]) => [field.name, typed(field, value)]))
}

function typed(field, value) {
  if (field.type === "number") return Number(value)
  if (field.type === "time") return `${value}:00${OFFSET}`
  if (field.type === "json") try { return JSON.parse(value) } catch { return value }
  return value
}

// Views

async function load(view, box) {
  box.querySelector(".count").textContent = " …"
  const answer = await request("GET", view.url ?? API + view.path, { quiet: true })
  const found = answer.ok ? at(answer.content, view.rows) : []
  const rows = Array.isArray(found) ? found : [found]
  box.querySelector(".count").textContent = answer.ok ? ` ${Array.isArray(found) ? rows.length : ""}${answer.content.nextCursor ? "+" : ""}` : " refused"
  box.querySelector(".rows").replaceChildren(
    rows.length ? table(view, rows) : element("p", { className: "muted" }, answer.ok ? "Nothing here." : answer.content.detail ?? `Status ${answer.status}`))
}

const table = (view, rows) => element("table", {},
  element("thead", {}, element("tr", {}, ...view.columns.map(key => element("th", { scope: "col" }, words(key))))),
  element("tbody", {}, ...rows.map(row => line(view, row))))

function line(view, row) {
  const cells = view.columns.map(key => {
    const text = shown(row, key, view.money)
    return element("td", { className: text.length > 40 ? "long" : "", data: { label: words(key) } }, text)
  })
  const links = Object.entries(view.links?.(row) ?? {}).map(([text, href]) => element("a", { href, target: "_blank", rel: "noopener" }, text))
  const tools = [...links, ...buttons(view.actions, row)]
  if (tools.length) cells.push(element("td", { className: "actions" }, element("div", { className: "tools" }, ...tools)))
  return element("tr", { className: view.isNew?.(row) ? "unread" : "" }, ...cells)
}

const buttons = (actions = [], row = {}) =>
  actions.filter(action => action.when?.(row) ?? true).map(action => {
    const button = element("button", { className: action.main ? "main" : "" }, action.label)
    button.onclick = () => act(action, row, button)
    return button
  })

async function act(action, row, button) {
  const path = action.path(row)
  if (action.accept) return openTab(path, action.accept)
  const given = action.ask ? await ask(action.label, action.ask, row) : {}
  if (given === null) return
  button.disabled = true
  const body = action.body || action.ask ? { ...action.body?.(row), ...given } : undefined
  const answer = await request(action.method ?? "POST", API + path, { body })
  button.disabled = false
  if (answer.ok) await action.then?.(answer.content, row)
  await reload()
}

async function reload() {
  await Promise.all([...document.querySelectorAll("#views > details[open]")].map(box => load(box.view, box)))
}

function show() {
  const role = user === "admin" ? "admin" : user ? "student" : "nobody"
  const boxes = views.filter(view => view.for.includes(role)).map(view => {
    const box = element("details", { open: view.open ?? false, view },
      element("summary", {}, view.title, element("span", { className: "count" })),
      element("div", { className: "tools" }, ...buttons(view.tools)),
      element("div", { className: "rows" }))
    box.ontoggle = () => box.open && load(view, box)
    return box
  })
  document.querySelector("#views").replaceChildren(...boxes)
}

// Users

async function choose(name) {
  user = sessionStorage.user = name
  token = name ? (await request("POST", `/_local/sign-in/${name}`, { quiet: true })).content.token : ""
  const buttons = Object.entries(people).map(([key, text]) => {
    const button = element("button", { aria: { pressed: key === name }, data: { user: key } }, text)
    button.onclick = () => choose(key)
    return button
  })
  document.querySelector("#users").replaceChildren(...buttons)
  document.querySelector(`#users [data-user="${name}"]`).focus({ preventScroll: true })
  listen()
  show()
}

/** The inbox, live: each new notification is pushed. */
function listen() {
  socket?.close()
  if (!token) return
  const who = user // another one may be chosen before this is open
  socket = new WebSocket(`${stack.webSocketUrl}?token=${token}`)
  socket.onopen = () => (document.body.dataset.live = who)
  socket.onmessage = ({ data }) => {
    const { title, message } = JSON.parse(data).notification
    document.querySelector("#answers summary").textContent = `New in the inbox of ${user}: ${title}. ${message}`
    reload()
  }
}

/** Razorpay Checkout has handed over its three fields: confirm the payment at once, as a shop's page does. */
async function confirmPayment() {
  const { paid, ...fields } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)))
  if (!paid) return
  history.replaceState(null, "", "/")
  await request("POST", `${API}registrations/${paid}/verify-payment`, { body: fields })
  await reload()
}

// Machinery

function showSchedules() {
  const rows = Object.entries(stack.schedules).map(([name, expression]) => {
    const output = element("pre", {})
    const button = element("button", { data: { schedule: name } }, "Run now")
    button.onclick = async () => {
      button.disabled = true
      const answer = await request("POST", `/_local/schedules/${name}`)
      output.textContent = `${answer.status} ${JSON.stringify(answer.content, null, 2)}`
      button.disabled = false
      await reload()
    }
    return element("div", {}, element("div", { className: "row" }, element("span", {}, element("code", {}, name), ` ${expression}`), button), output)
  })
  document.querySelector("#schedules .list").replaceChildren(...rows)
}

async function showKnobs() {
  const { content } = await request("GET", "/_local/razorpay/_control", { quiet: true })
  const rows = Object.entries(content).map(([name, { arguments: parameters, does }]) => {
    const fields = parameters.map(text => {
      const [, field, , fallback] = text.match(/^(\w+): (.*?)(?: = (.*))?$/)
      return { name: field, label: text, type: "json", required: fallback === undefined }
    })
    const output = element("pre", {})
    const form = element("form", {}, ...fields.map(field => label(field)), element("div", {}, element("button", {}, "Turn")), output)
    form.onsubmit = async event => {
      event.preventDefault()
      const answer = await request("POST", `/_local/razorpay/_control/${name}`, { body: read(form, fields) })
      output.textContent = `${answer.status} ${JSON.stringify(answer.content, null, 2)}`
      await reload()
    }
    return element("details", { data: { knob: name } }, element("summary", {}, element("code", {}, name)), element("p", { className: "muted" }, does), form)
  })
  document.querySelector("#knobs .list").replaceChildren(...rows)
}

document.querySelector("#knobs").addEventListener("toggle", showKnobs, { once: true })
for (const button of document.querySelectorAll("[data-copy]")) button.onclick = async () => {
  await navigator.clipboard.writeText(button.dataset.copy)
  button.textContent = "Copied"
}
showSchedules()
await choose(user in people ? user : "")
await confirmPayment()
document.body.dataset.ready = "yes"
