// Registrations with their payments, held payments, refunds.
import { choice } from "./description.js"
import { money } from "./format.js"
import { t } from "./texts.js"

/** @typedef {import("./description.js").Resource} Resource */
/** @typedef {import("./description.js").Row} Row */
/** @typedef {import("./description.js").Field} Field */

const REGISTRATION_STATUSES = ["pending", "confirmed", "cancelled", "expired"]
const PAYMENT_STATUSES = ["pending", "completed", "free", "failed", "refunded"]
const REFUND_STATUSES = ["requested", "pending", "processed", "failed", "closed"]
const REFUND_REASONS = ["seat_gone", "duplicate_payment", "student_cancelled", "event_cancelled", "admin", "outside"]
const MINIMUM_REFUND = 100

/** What of a payment has not gone back and is not about to, in minor units. @param {Row} payment */
function leftOf(payment) {
  const counted = payment._answer.refunds.filter((/** @type {Row} */ refund) => refund.paymentId === payment.id && !["failed", "closed"].includes(refund.status))
  return counted.reduce((/** @type {number} */ left, /** @type {Row} */ refund) => left - refund.amount, payment.amount)
}

/** @type {import("./description.js").Action} */
const refund = {
  name: "Refund",
  look: "danger",
  key: true,
  when: payment => ["success", "refunded"].includes(payment.status) && leftOf(payment) > 0,
  consequence: payment => [
    t("{left} of {amount} is left of this payment.", { left: money(leftOf(payment), payment.currency), amount: money(payment.amount, payment.currency) }),
    t("The money goes back to {name} by the way it came. Once everything is back, the seat is given up; a part keeps it.", { name: payment._of.fullName || payment._of.email }),
  ],
  inputs: payment => [
    { name: "amount", kind: "money", required: true, currency: payment.currency, min: MINIMUM_REFUND, max: leftOf(payment), value: leftOf(payment) },
    { name: "note", label: "Reason", maxLength: 500, help: "It goes into the audit log." },
    { name: "overrideDispute", label: "Also what the payer's bank may take back", kind: "boolean", value: false },
  ],
  call: (payment, values) => ({ method: "POST", path: "admin/refunds", body: { ...values, paymentId: payment.id } }),
  done: "The refund is on its way.",
}

/** @type {Resource} */
export const registrations = {
  name: "registrations",
  title: "Registrations",
  group: "People",
  path: "admin/registrations",
  items: "registrations",
  item: "registration",
  csv: true,
  heading: registration => `${registration.fullName || registration.email} · ${registration.eventTitle}`,
  columns: ["fullName", "email", { name: "eventTitle", label: "Course", to: "courses", id: "eventId" }, "status", "paymentStatus", "amount", "createdAt"],
  filters: [
    { name: "email", placeholder: "name@example.com" },
    choice("status", REGISTRATION_STATUSES),
    choice("paymentStatus", PAYMENT_STATUSES),
    { name: "eventId", label: "Course (id)", kind: "id" },
    { name: "userId", label: "Person (id)", kind: "id" },
  ],
  fields: ["status", "paymentStatus", "amount", "email", "fullName", { name: "eventTitle", label: "Course", to: "courses", id: "eventId" }, "eventStartsAt", { name: "source", kind: "status" }, "createdAt", { name: "holdExpiresAt", rare: true }, { name: "confirmedAt", rare: true }, { name: "cancelledAt", rare: true }, { name: "cancelReason", rare: true }, { name: "userId", label: "Person" }],
  actions: [
    {
      name: "Confirm without payment",
      when: registration => registration.status === "pending",
      inputs: () => [{ name: "reason", required: true, minLength: 3, maxLength: 500, help: "Why nothing is to be paid; it goes into the audit log." }],
      consequence: registration => [t("{name} gets the seat without paying {amount}. A payment that still arrives is refunded.", { name: registration.fullName || registration.email, amount: money(registration.amount, registration.currency) })],
      call: (registration, values) => ({ method: "POST", path: `admin/registrations/${registration.id}/confirm`, body: values }),
      done: "The seat is confirmed.",
    },
    {
      name: "Cancel the seat",
      look: "danger",
      when: registration => ["pending", "confirmed"].includes(registration.status),
      inputs: () => [
        { name: "refund", kind: "choice", options: ["policy", "full", "none"], required: true, value: "policy", help: "By the policy of the course, all that was paid, or nothing." },
        { name: "reason", required: true, minLength: 3, maxLength: 500, help: "It is told to the student." },
      ],
      consequence: registration => [t("{name} loses the seat in {title}, which goes to the next in the waitlist. {amount} was to be paid or was paid.", { name: registration.fullName || registration.email, title: registration.eventTitle, amount: money(registration.amount, registration.currency) })],
      call: (registration, values) => ({ method: "POST", path: `admin/registrations/${registration.id}/cancel`, body: values }),
      done: "The seat was cancelled.",
    },
  ],
  embedded: [
    {
      title: "Payments",
      from: "payments",
      columns: [
        "status", "amount", { name: "left", label: "Left", kind: "money", value: leftOfPaid }, "paidAt", "createdAt", { name: "reviewReason" }, "razorpayPaymentId", "razorpayOrderId",
      ],
      actions: [refund],
    },
    { title: "Refunds", from: "refunds", columns: [{ name: "status" }, "amount", { name: "reason", kind: "status" }, "createdAt", "razorpayRefundId", { name: "id", label: "Refund", to: "refunds" }] },
  ],
  panels: ["documents", "notifications"],
  related: [{ resource: "certificates", title: "Certificates of this person", query: registration => ({ userId: registration.userId }) }],
  empty: "No registration is like that.",
}

/** @param {Row} payment */
function leftOfPaid(payment) {
  return ["success", "refunded"].includes(payment.status) ? leftOf(payment) : null
}

/** @type {Resource} */
export const payments = {
  name: "payments",
  title: "Payments",
  group: "Money",
  path: "admin/payments",
  items: "payments",
  csv: true,
  columns: [{ name: "email", to: "registrations", id: "registrationId" }, { name: "eventTitle", label: "Course", to: "courses", id: "eventId" }, "status", "amount", { name: "refundedAmount", label: "Refunded" }, "paidAt", "createdAt", "razorpayPaymentId", "razorpayOrderId"],
  filters: [choice("status", ["initiated", "failed", "closed", "success", "refunded"]), { name: "eventId", label: "Course (id)", kind: "id" }, { name: "userId", label: "Person (id)", kind: "id" }],
  empty: "No payment is like that.",
}

/** @type {Resource} */
export const heldPayments = {
  name: "held-payments",
  title: "Held payments",
  group: "Money",
  path: "admin/held-payments",
  items: "heldPayments",
  id: "razorpayPaymentId",
  columns: [{ name: "email", to: "registrations", id: "registrationId" }, { name: "eventTitle", label: "Course", to: "courses", id: "eventId" }, "amount", { name: "dueAmount", currency: "dueCurrency" }, { name: "leftAmount" }, { name: "isDisputed", label: "Disputed" }, "paidAt", "razorpayPaymentId"],
  heading: payment => payment.email,
  actions: [
    {
      name: "Accept",
      look: "main",
      inputs: () => [{ name: "reason", required: true, minLength: 3, maxLength: 500, help: "Why this amount is enough; it goes into the audit log." }],
      consequence: payment => [t("{amount} buys the seat of {email} although {due} was due.", { amount: money(payment.amount, payment.currency), email: payment.email, due: money(payment.dueAmount, payment.dueCurrency) })],
      call: (payment, values) => ({ method: "POST", path: `admin/held-payments/${payment.paymentId}/accept`, body: values }),
      done: "The payment was accepted; the seat is confirmed.",
    },
    {
      name: "Return",
      look: "danger",
      key: true,
      inputs: () => [{ name: "note", label: "Reason", maxLength: 500 }],
      consequence: payment => [t("{amount} goes back to {email}.", { amount: money(payment.leftAmount, payment.currency), email: payment.email })],
      call: (payment, values) => ({ method: "POST", path: "admin/refunds", body: { ...values, paymentId: payment.paymentId, razorpayPaymentId: payment.razorpayPaymentId } }),
      done: "The refund is on its way.",
    },
  ],
  empty: "No payment waits for a decision.",
}

/** @type {Resource} */
export const refunds = {
  name: "refunds",
  title: "Refunds",
  group: "Money",
  path: "admin/refunds",
  items: "refunds",
  item: "refund",
  heading: row => `${money(row.amount, row.currency)} · ${row.eventTitle}`,
  columns: ["createdAt", "amount", "status", { name: "reason", kind: "status" }, { name: "eventTitle", label: "Course", to: "courses", id: "eventId" }, { name: "registrationId", label: "Registration" }, { name: "lastError", label: "Error" }],
  filters: [choice("status", REFUND_STATUSES), choice("reason", REFUND_REASONS), { name: "eventId", label: "Course (id)", kind: "id" }, { name: "userId", label: "Person (id)", kind: "id" }, { name: "paymentId", label: "Payment (id)", kind: "id" }],
  fields: ["status", "amount", { name: "reason", kind: "status" }, { name: "eventTitle", label: "Course", to: "courses", id: "eventId" }, { name: "registrationId", label: "Registration" }, { name: "note", rare: true }, "createdAt", "processedAt", "attempts", { name: "lastError", label: "Error", rare: true }, "razorpayPaymentId", "razorpayRefundId", { name: "closedReason", kind: "status", rare: true }, { name: "payoutReference", rare: true }, { name: "retryOf", label: "Retry of", kind: "id", to: "refunds", rare: true }, { name: "requestedBy", label: "Requested by (admin)", kind: "id", rare: true }],
  actions: [
    {
      name: "Try again",
      look: "main",
      when: row => row.status === "failed" && !row.retriedBy,
      consequence: row => [t("A new refund of {amount} takes the place of the failed one.", { amount: money(row.amount, row.currency) })],
      call: row => ({ method: "POST", path: `admin/refunds/${row.id}/retry` }),
      done: "The refund is on its way again.",
      then: answer => `#/refunds/${answer.refund.id}`,
    },
    {
      name: "Record a payout",
      when: row => row.status === "failed" && !row.retriedBy,
      inputs: () => [{ name: "reference", required: true, minLength: 3, maxLength: 200, help: "What identifies the payment, such as a bank transfer's UTR." }, { name: "note", maxLength: 500 }],
      consequence: row => [t("{amount} counts as paid back outside of Razorpay, and the student is told.", { amount: money(row.amount, row.currency) })],
      call: (row, values) => ({ method: "POST", path: `admin/refunds/${row.id}/payout`, body: values }),
      done: "The payout was recorded.",
    },
  ],
  empty: "No refund is like that.",
}
