// Every resource of the console, by name and by group of the navigation.
import { certificates, courses, recordings } from "./courses.js"
import { disputes, items, runs, settlements } from "./finance.js"
import { auditLog, broadcasts, fraudSignals, notifications, webhookLog } from "./operations.js"
import { people } from "./people.js"
import { heldPayments, payments, refunds, registrations } from "./sales.js"

/** @typedef {import("./description.js").Resource} Resource */

/** @type {Resource[]} */
const all = [
  { name: "overview", title: "Overview", group: "Today", view: "overview" },
  { name: "reports", title: "Reports", group: "Today", view: "reports" },
  courses, recordings, certificates,
  people, registrations,
  payments, heldPayments, refunds, disputes, runs, items, settlements,
  notifications, broadcasts, webhookLog, auditLog, fraudSignals,
]

export const resources = Object.fromEntries(all.map(resource => [resource.name, resource]))

/** The navigation. */
export const groups = ["Today", "Courses", "People", "Money", "Operations"].map(title => ({
  title,
  resources: all.filter(resource => resource.group === title && !resource.hidden),
}))
