// A student app without a framework: catalogue, account, paying, the inbox with live pushes, attendance, certificate.
import { ApiError, createClient, unwrap } from "crash-course-client"
import { element, fields, money, when } from "./page.js"
import { createSession } from "./session.js"

/** @typedef {import("crash-course-client").Schema<"Registration">} Registration */
/** @typedef {import("crash-course-client").Schema<"CheckoutOrder">} Order */

const configuration = await (await fetch("/configuration.json")).json()
const session = createSession(configuration)
const deviceId = (localStorage.deviceId ??= crypto.randomUUID())
const client = createClient({ baseUrl: configuration.baseUrl, accessToken: session.freshToken, deviceId })
const [main, status, nav] = ["main", "[role=status]", "nav"].map(each => /** @type {HTMLElement} */ (document.querySelector(each)))

const unread = element("span", { id: "unread", "aria-live": "polite" }, [])
let unreadCount = 0

/** Each page by the path that notifications name: see docs/clients.md.
 * @type {[RegExp, (id: string) => Promise<Node[]>][]} */
const PAGES = [
  [/^\/$/, showCatalogue],
  [/^\/sign-in$/, showSignIn],
  [/^\/events\/([^/]+)$/, showCourse],
  [/^\/registrations$/, showRegistrations],
  [/^\/registrations\/([^/]+)$/, showRegistration],
  [/^\/waitlist\/([^/]+)$/, showOffer],
  [/^\/payments$/, showPayments],
  [/^\/referrals$/, showReferrals],
  [/^\/inbox$/, showInbox],
]

async function showCatalogue() {
  const { events } = await unwrap(client.GET("/functions/v1/events"))
  const courses = events.map(each =>
    element("article", {}, [
      link(`/events/${each.id}`, each.title),
      element("p", {}, [`${when(each.startsAt)}, ${money(each.priceAmount, each.currency)}, ${each.seatsLeft} seats left`]),
    ]),
  )
  return [heading("Courses"), ...courses]
}

/** @param {string} eventId */
async function showCourse(eventId) {
  const { event } = await unwrap(client.GET("/functions/v1/events/{eventId}", { params: { path: { eventId } } }))
  return [
    heading(event.title),
    element("p", {}, [`${event.instructor}, ${when(event.startsAt)}, ${money(event.priceAmount, event.currency)}`]),
    element("p", {}, [event.description]),
    event.seatsLeft > 0 ? button("Register", () => register(eventId)) : button("Join the waitlist", () => joinWaitlist(eventId)),
  ]
}

/** @param {string} eventId */
async function register(eventId) {
  if (!session.isSignedIn()) return open(`/sign-in?then=/events/${eventId}`)
  try {
    const { registration, order } = await unwrap(client.POST("/functions/v1/registrations", { body: { eventId } }))
    await open(`/registrations/${registration.id}`)
    if (order) await pay(registration, order)
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "already_registered")) throw error
    await open(`/registrations/${error.problem.registrationId}`)
  }
}

/** @param {string} eventId */
async function joinWaitlist(eventId) {
  const { entry } = await unwrap(client.POST("/functions/v1/waitlist", { body: { eventId } }))
  say(`You are number ${entry.position} in the waitlist.`)
}

async function showRegistrations() {
  const { registrations } = await unwrap(client.GET("/functions/v1/registrations"))
  const rows = registrations.map(each => element("article", {}, [link(`/registrations/${each.id}`, each.eventTitle), ` ${each.status}`]))
  return [heading("My courses"), ...rows]
}

/** @param {string} registrationId */
async function showRegistration(registrationId) {
  const params = { path: { registrationId } }
  const { registration } = await unwrap(client.GET("/functions/v1/registrations/{registrationId}", { params }))
  const actions = {
    pending: [button("Pay", () => payAgain(registration))],
    confirmed: [
      button("Join the session", () => checkIn(registration)),
      button("Leave the session", () => checkOut()),
      button("Get the certificate", () => certify(registration)),
    ],
    cancelled: [],
    expired: [],
  }[registration.status]
  const state = element("p", { id: "state" }, [`Your seat is ${registration.status}.`])
  return [heading(registration.eventTitle), state, ...actions]
}

/** @param {Registration} registration */
async function payAgain(registration) {
  const params = { path: { registrationId: registration.id } }
  const { order } = await unwrap(client.POST("/functions/v1/registrations/{registrationId}/payment", { params }))
  if (order) await pay(registration, order)
  else await open(`/registrations/${registration.id}`)
}

/** Razorpay Checkout. The webhook confirms the seat, too, so a browser that is closed meanwhile loses nothing.
 * @param {Registration} registration @param {Order} order */
async function pay(registration, order) {
  await loadCheckout()
  const checkout = new /** @type {any} */ (window).Razorpay({
    key: order.keyId,
    order_id: order.id,
    amount: order.amount,
    currency: order.currency,
    handler: action(async (/** @type {any} */ body) => {
      const params = { path: { registrationId: registration.id } }
      await unwrap(client.POST("/functions/v1/registrations/{registrationId}/verify-payment", { params, body }))
      await open(`/registrations/${registration.id}`)
    }),
    modal: { ondismiss: () => say("Not paid yet; the seat is held for some minutes.") },
  })
  checkout.on("payment.failed", (/** @type {any} */ { error }) => say(error.description))
  checkout.open()
}

/** @returns {Promise<void>} */
function loadCheckout() {
  if ("Razorpay" in window) return Promise.resolve()
  return new Promise((done, failed) => {
    const script = element("script", { src: configuration.checkoutScriptUrl }, [])
    script.addEventListener("load", () => done())
    script.addEventListener("error", () => failed(new Error("Razorpay's Checkout could not be loaded.")))
    document.head.append(script)
  })
}

/** @param {Registration} registration */
async function checkIn(registration) {
  const body = { registrationId: registration.id, eventId: registration.eventId }
  const params = { query: { action: /** @type {const} */ ("checkin") } }
  const { attendance } = await unwrap(client.POST("/functions/v1/session-management", { params, body }))
  sessionStorage.attendanceId = attendance.id
  say("You are in.")
}

async function checkOut() {
  const params = { query: { action: /** @type {const} */ ("checkout") } }
  const body = { attendanceId: String(sessionStorage.attendanceId) }
  const { attendance } = await unwrap(client.POST("/functions/v1/session-management", { params, body }))
  say(`You left after ${attendance.durationMinutes} minutes.`)
}

/** @param {Registration} registration */
async function certify(registration) {
  const body = { registrationId: registration.id }
  const { certificate } = await unwrap(client.POST("/functions/v1/generate-certificate", { body }))
  const number = element("a", { href: certificate.verifyUrl }, [`Certificate ${certificate.certificateNumber}`])
  main.append(element("p", {}, [number]))
}

/** @param {string} entryId */
async function showOffer(entryId) {
  const claim = async () => {
    const params = { path: { entryId } }
    const { registration, order } = await unwrap(client.POST("/functions/v1/waitlist/{entryId}/claim", { params, body: {} }))
    await open(`/registrations/${registration.id}`)
    if (order) await pay(registration, order)
  }
  return [heading("A seat is free"), button("Take the seat", claim)]
}

async function showPayments() {
  const { payments } = await unwrap(client.GET("/functions/v1/payments"))
  const rows = payments.map(each => {
    const receipt = button("Receipt", () => openReceipt(each.id))
    const text = `${each.eventTitle}: ${money(each.amount, each.currency)}, ${each.status} `
    return element("article", {}, each.status === "success" ? [text, receipt] : [text])
  })
  return [heading("Payments"), ...rows]
}

/** @param {string} paymentId */
async function openReceipt(paymentId) {
  const options = { params: { path: { paymentId } }, headers: { Accept: "application/pdf" }, parseAs: /** @type {const} */ ("blob") }
  const file = /** @type {unknown} */ (await unwrap(client.GET("/functions/v1/payments/{paymentId}/receipt", options)))
  window.open(URL.createObjectURL(/** @type {Blob} */ (file)))
}

async function showReferrals() {
  const { code } = await unwrap(client.GET("/functions/v1/referrals"))
  return [heading("Referrals"), element("p", {}, [`Your code: ${code}`])]
}

async function showInbox() {
  const { notifications } = await unwrap(client.GET("/functions/v1/notifications"))
  await unwrap(client.POST("/functions/v1/notifications/read-all"))
  showUnread(0)
  const rows = notifications.map(({ title, message, actionUrl }) =>
    element("article", {}, [element("h2", {}, [title]), message, " ", ...(actionUrl ? [link(actionUrl, "Open")] : [])]),
  )
  return [heading("Inbox"), ...rows]
}

async function showSignIn() {
  const then = new URLSearchParams(location.search).get("then") ?? "/"
  const mail = { email: "email", password: "password" }
  const enter = async (/** @type {Record<string, string>} */ { email, password }) => {
    await session.signIn(email, password)
    listen()
    await open(then)
  }
  const signUp = fields("Sign up", { name: "text", ...mail }, action(async ({ name, email, password }) => {
    await session.account.signUp(email, password, name)
    const confirm = fields("Confirm", { code: "text" }, action(async ({ code }) => {
      await session.account.confirm(email, code)
      await enter({ email, password })
    }))
    signUp.replaceWith(element("p", {}, ["A code is on its way to you by mail."]), confirm)
  }))
  return [heading("Sign in"), fields("Sign in", mail, action(enter)), element("h2", {}, ["New here?"]), signUp]
}

/** @param {number} count */
function showUnread(count) {
  unreadCount = count
  unread.textContent = count > 0 ? `${count} new` : ""
}

/** The WebSocket tells of each new notification; it is opened anew with a fresh token whenever it ends, and what came
 * meanwhile is counted then. */
async function listen() {
  const token = await session.freshToken()
  if (!token) return
  const socket = new WebSocket(`${configuration.webSocketUrl}?token=${token}`)
  socket.addEventListener("open", async () => {
    const params = { query: { limit: 1 } }
    showUnread((await unwrap(client.GET("/functions/v1/notifications", { params }))).unreadCount)
    nav.dataset.live = "open"
  })
  socket.addEventListener("message", ({ data }) => {
    const { notification } = JSON.parse(data)
    say(notification.title)
    showUnread(unreadCount + 1)
    if (location.pathname === "/inbox") show()
  })
  socket.addEventListener("close", () => {
    delete nav.dataset.live
    setTimeout(listen, 5000)
  })
}

/** @param {string} path */
async function open(path) {
  history.pushState(null, "", path)
  await show()
}

async function show() {
  const signedIn = session.isSignedIn()
  const account = signedIn ? button("Sign out", async () => { await session.signOut(); await open("/") }) : link("/sign-in", "Sign in")
  const mine = signedIn ? [link("/registrations", "My courses"), link("/payments", "Payments"), link("/inbox", "Inbox"), unread] : []
  nav.replaceChildren(link("/", "Courses"), ...mine, account)
  for (const [pattern, page] of PAGES) {
    const match = pattern.exec(location.pathname)
    if (match) return main.replaceChildren(...(await page(match[1])))
  }
  main.replaceChildren(heading("There is no such page."))
}

/** What a person started: a refusal is said, and one for want of a session leads to the sign-in.
 * @template {unknown[]} T @param {(...given: T) => Promise<unknown>} work */
function action(work) {
  return async (/** @type {T} */ ...given) => {
    say("")
    try {
      await work(...given)
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return open(`/sign-in?then=${location.pathname}`)
      say(error instanceof Error ? error.message : String(error))
    }
  }
}

/** @param {string} text */
function say(text) {
  status.textContent = text
}

/** @param {string} text */
function heading(text) {
  return element("h1", {}, [text])
}

/** @param {string} text @param {() => Promise<unknown>} work */
function button(text, work) {
  const found = element("button", { type: "button" }, [text])
  found.addEventListener("click", action(work))
  return found
}

/** @param {string} path @param {string} text */
function link(path, text) {
  return element("a", { href: path }, [text])
}

document.addEventListener("click", event => {
  const anchor = event.target instanceof Element ? event.target.closest("a") : null
  if (!anchor || anchor.origin !== location.origin || event.metaKey || event.ctrlKey) return
  event.preventDefault()
  action(open)(anchor.pathname)
})
window.addEventListener("popstate", action(show))
listen()
await action(show)()
