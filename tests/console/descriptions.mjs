// Prints the console's descriptions of resources as JSON, for test_descriptions.py: run in a folder with copies of the modules.
const nothing = new Proxy(() => nothing, { get: (_, name) => (name === Symbol.toPrimitive ? () => "" : nothing) })
const configuration = { textContent: JSON.stringify({ timeZone: "Asia/Kolkata", metadataUrl: "https://x", issuer: "https://x" }) }
Object.assign(globalThis, {
  document: { getElementById: () => configuration, documentElement: {} },
  location: { origin: "https://x", pathname: "/console", hash: "", search: "" },
  localStorage: { getItem: () => null },
  sessionStorage: nothing,
  addEventListener: () => {},
})
const { resources } = await import("./resources.js")
const { attendees, feedback, waitlist } = await import("./courses.js")
const { sentNotifications } = await import("./operations.js")
const nested = {
  attendance: { ...attendees, path: "admin/events/{id}/attendance" },
  feedback: { ...feedback, path: "admin/events/{id}/feedback" },
  waitlist: { ...waitlist, path: "admin/events/{id}/waitlist" },
  notifications: { ...sentNotifications, path: "admin/notifications/sent" },
}
const name = field => (typeof field === "string" ? { name: field, computed: false } : { name: field.name, computed: Boolean(field.value) })
const described = Object.values({ ...resources, ...nested }).map(resource => ({
  name: resource.name,
  path: resource.path,
  items: resource.items,
  item: resource.item,
  csv: Boolean(resource.csv),
  columns: (resource.columns ?? []).map(name),
  fields: (resource.fields ?? []).map(name),
  filters: (resource.filters ?? []).map(({ name, options }) => ({ name, options })),
  embedded: (resource.embedded ?? []).map(({ from, columns }) => ({ from, columns: columns.map(name) })),
}))
console.log(JSON.stringify(described))
