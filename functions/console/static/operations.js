// Notifications, broadcasts, webhook deliveries, the audit log, signs of fraud.
import { choice } from "./description.js"
import { number } from "./format.js"
import { t } from "./texts.js"

/** @typedef {import("./description.js").Resource} Resource */
/** @typedef {import("./description.js").Field} Field */

const TYPES = ["email", "sms", "in_app"]

/** @type {Resource} */
export const notifications = {
  name: "failed-notifications",
  title: "Failed notifications",
  group: "Operations",
  path: "admin/notifications",
  items: "notifications",
  columns: [{ name: "template", kind: "text" }, { name: "type", kind: "status" }, { name: "channel", kind: "status" }, "priority", { name: "retryCount", label: "Attempts", kind: "number" }, { name: "lastError", label: "Error" }, { name: "userId", label: "Person" }, "createdAt"],
  filters: [choice("type", TYPES), { name: "template" }],
  heading: row => row.template,
  create: [{
    name: "Try all again",
    inputs: filters => [{ name: "type", kind: "choice", options: TYPES, value: filters.type ?? "" }, { name: "template", value: filters.template ?? "", maxLength: 100 }],
    consequence: () => [t("Every failed notification like this is sent again.")],
    call: (_, values) => ({ method: "POST", path: "admin/notifications/retry-all", body: values }),
    done: "They are queued again.",
  }],
  actions: [{
    name: "Try again",
    consequence: row => [t("{template} is sent again.", { template: row.template })],
    call: row => ({ method: "POST", path: `admin/notifications/${row.id}/retry` }),
    done: "It is queued again.",
  }],
  empty: "No notification has failed.",
}

/** Below a person, who completes the path. @type {Resource} */
export const sentNotifications = {
  name: "notifications",
  title: "Notifications to this person",
  group: "Operations",
  hidden: true,
  items: "notifications",
  columns: [{ name: "template" }, { name: "type", kind: "status" }, { name: "status" }, { name: "sentAt" }, { name: "createdAt" }, { name: "lastError", label: "Error" }],
  empty: "Nothing was sent.",
}

/** @type {Resource} */
export const broadcasts = {
  name: "broadcasts",
  title: "Broadcasts",
  group: "Operations",
  path: "admin/notifications/broadcasts",
  items: "broadcasts",
  item: "broadcast",
  refresh: 10,
  columns: [{ name: "title" }, { name: "eventId", label: "Course" }, { name: "types", value: broadcast => broadcast.types.join(", ") }, { name: "channel", kind: "status" }, { name: "createdAt" }],
  filters: [{ name: "eventId", label: "Course (id)", kind: "id" }],
  empty: "No message yet. Open a course to write to its students.",
  heading: broadcast => broadcast.title,
  fields: [{ name: "eventId", label: "Course" }, { name: "channel", kind: "status" }, { name: "types", value: broadcast => broadcast.types.join(", ") }, "createdAt", { name: "total", label: "Notifications", value: broadcast => number(broadcast._answer.total) }, { name: "message", kind: "long" }],
  embedded: [{ title: "Progress", from: "progress", columns: [{ name: "type", kind: "status" }, "status", { name: "notifications", kind: "number" }] }],
}

/** @type {Resource} */
export const webhookLog = {
  name: "webhook-log",
  title: "Webhook log",
  group: "Operations",
  path: "admin/webhook-logs",
  items: "webhookLogs",
  item: "webhookLog",
  heading: delivery => delivery.eventType ?? delivery.id,
  columns: [{ name: "eventType", kind: "text" }, "status", "outcome", { name: "signatureValid", label: "Signed" }, "receivedAt", "razorpayOrderId", "razorpayPaymentId", { name: "error" }],
  filters: [choice("status", ["received", "processed", "failed"]), { name: "eventType", placeholder: "payment.captured" }, { name: "orderId", label: "Order", placeholder: "order_…" }, { name: "paymentId", label: "Payment", placeholder: "pay_…" }, { name: "outcome" }, { name: "signatureValid", label: "Signed", kind: "boolean" }, { name: "since", kind: "time" }, { name: "until", kind: "time" }],
  fields: ["status", "outcome", { name: "signatureValid", label: "Signed" }, "receivedAt", "processedAt", { name: "eventId", label: "Razorpay's event", kind: "text", to: "" }, "razorpayOrderId", "razorpayPaymentId", { name: "error" }, { name: "payload", kind: "json" }, { name: "headers", kind: "json" }],
  actions: [{
    name: "Replay",
    look: "main",
    when: delivery => delivery.signatureValid,
    consequence: () => [t("It is processed as if Razorpay delivered it now. What was processed already stays unchanged.")],
    call: delivery => ({ method: "POST", path: `admin/webhook-logs/${delivery.id}/replay` }),
    done: "The delivery was replayed.",
  }],
  empty: "No delivery is like that.",
}

const RESOURCES = /** @type {Record<string, string>} */ ({
  event: "courses", registration: "registrations", refund: "refunds", reconciliation_run: "runs", webhook_log: "webhook-log", broadcast: "broadcasts",
})

/** Where a change's resource is shown. @param {import("./description.js").Row} change */
function resourceOf(change) {
  return RESOURCES[change.resourceType] ?? ""
}

/** @type {Resource} */
export const auditLog = {
  name: "audit-log",
  title: "Audit log",
  group: "Operations",
  path: "admin/audit-logs",
  items: "auditLogs",
  id: "position",
  columns: ["createdAt", { name: "action", kind: "status" }, { name: "resourceType", kind: "status" }, { name: "resourceId", kind: "id", to: resourceOf }, { name: "changes", kind: "changes", value: change => change.oldValues ?? change.newValues }, { name: "adminId", label: "Administrator", kind: "id" }, { name: "ipAddress", label: "From" }],
  filters: [{ name: "action", placeholder: "event.cancel" }, { name: "resourceType", placeholder: "event" }, { name: "resourceId", label: "Resource (id)", kind: "id" }, { name: "adminId", label: "Administrator (id)", kind: "id" }, { name: "since", kind: "time" }, { name: "until", kind: "time" }],
  empty: "No change is like that.",
}

/** @type {Resource} */
export const fraudSignals = {
  name: "fraud-signals",
  title: "Signs of fraud",
  group: "Operations",
  path: "admin/fraud-signals",
  items: "fraudSignals",
  columns: [{ name: "kind" }, { name: "reason", label: "What was seen" }, { name: "people", value: signal => signal.people.map((/** @type {any} */ person) => person.email).join(", ") }, "lastSeenAt", { name: "isReviewed", label: "Reviewed" }, { name: "review.note", label: "Note" }],
  filters: [choice("kind", ["accounts_on_one_device", "accounts_from_one_address", "checkins_from_one_device", "failed_payments_on_one_device", "mutual_referral", "referral_on_one_device"]), { name: "reviewed", kind: "boolean" }],
  heading: signal => signal.kind,
  actions: [{
    name: "Mark as reviewed",
    when: signal => !signal.isReviewed,
    inputs: () => [{ name: "note", kind: "long", required: true, minLength: 3, maxLength: 500 }],
    call: (signal, values) => ({ method: "POST", path: `admin/fraud-signals/${signal.id}/review`, body: values }),
    done: "It is marked as reviewed.",
  }],
  empty: "No signs.",
}
