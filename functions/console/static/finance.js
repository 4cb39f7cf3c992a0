// Disputes, reconciliation, settlements.
import { choice } from "./description.js"
import { today } from "./format.js"
import { t } from "./texts.js"

/** @typedef {import("./description.js").Resource} Resource */
/** @typedef {import("./description.js").Field} Field */

const VERDICTS = ["missing_capture", "captured_not_confirmed", "amount_mismatch", "refunded_outside", "unknown_payment", "unsettled", "unreported_dispute", "unexplained_adjustment", "unreadable", "matched"]
const SUBJECTS = ["payment", "refund", "settlement_row", "settlement", "dispute", "order"]

/** What each verdict means, for who is not an accountant. */
export const EXPLANATIONS = /** @type {Record<string, string>} */ ({
  missing_capture: "We have a paid seat, Razorpay has no captured payment for it.",
  captured_not_confirmed: "Razorpay captured money, and no seat was confirmed by it.",
  amount_mismatch: "The amounts or currencies of both sides differ.",
  refunded_outside: "A refund was made at Razorpay that this platform did not request.",
  unknown_payment: "Razorpay has a payment that belongs to no order of ours.",
  unsettled: "A captured payment has not been settled for more than a week.",
  unreported_dispute: "A dispute took money and was never reported to us.",
  unexplained_adjustment: "A settlement has an adjustment that nothing of ours explains.",
  unreadable: "Razorpay's record could not be read.",
  matched: "Both sides agree.",
})

/** @type {Resource} */
export const disputes = {
  name: "disputes",
  title: "Disputes",
  group: "Money",
  path: "admin/disputes",
  items: "disputes",
  columns: [{ name: "razorpayDisputeId", label: "Dispute" }, "status", { name: "respondBy", label: "Respond by" }, "amount", { name: "amountDeducted", label: "Deducted" }, { name: "eventTitle", label: "Course", to: "courses", id: "eventId" }, { name: "registrationId", label: "Registration" }, { name: "reasonCode", kind: "status" }, "createdAt"],
  filters: [choice("status", ["open", "under_review", "action_required", "won", "lost", "closed"]), { name: "respondBefore", label: "Respond before", kind: "time" }, { name: "eventId", label: "Course (id)", kind: "id" }, { name: "userId", label: "Person (id)", kind: "id" }, { name: "paymentId", label: "Payment (id)", kind: "id" }],
  empty: "No dispute is like that.",
}

/** @type {Resource} */
export const runs = {
  name: "runs",
  title: "Reconciliation",
  group: "Money",
  path: "admin/reconciliation/runs",
  items: "runs",
  item: "run",
  refresh: 5,
  heading: run => t("Reconciliation of {start} to {end}", { start: run.windowStart.slice(0, 10), end: run.windowEnd.slice(0, 10) }),
  columns: ["startedAt", { name: "kind" }, "status", "windowStart", "windowEnd", { name: "findings", kind: "text", value: found }, { name: "repaired", kind: "number" }],
  filters: [choice("kind", ["daily", "requested", "open_orders"]), choice("status", ["running", "finished", "failed"])],
  fields: ["status", { name: "kind" }, "windowStart", "windowEnd", "startedAt", "finishedAt", { name: "repaired", kind: "number" }, { name: "findings", value: found }, { name: "lastError", label: "Error" }, { name: "counts", kind: "json" }],
  create: [{
    name: "Reconcile days",
    look: "main",
    inputs: () => [{ name: "startDate", kind: "date", required: true, value: today(-1) }, { name: "endDate", kind: "date", required: true, value: today(-1) }],
    consequence: () => [t("Compares orders, payments, refunds and settlements of these days with Razorpay's, and repairs what is safe.")],
    call: (_, values) => ({ method: "POST", path: "admin/reconciliation/runs", body: values }),
    confirm: "Start",
    done: "The reconciliation has begun.",
    then: answer => `#/runs/${answer.run.id}`,
  }],
  related: [{ resource: "reconciliation-items", title: "What it found", query: run => ({ runId: run.id }) }],
  empty: "No reconciliation yet.",
}

/** @param {import("./description.js").Row} run */
function found(run) {
  return Object.entries(run.findings).map(([verdict, count]) => `${verdict.replaceAll("_", " ")}: ${count}`).join(", ")
}

/** @type {Resource} */
export const items = {
  name: "reconciliation-items",
  title: "Findings",
  group: "Money",
  path: "admin/reconciliation/items",
  items: "items",
  csv: true,
  columns: [{ name: "entityId", kind: "id" }, "verdict", { name: "explanation", label: "Means", value: item => t(EXPLANATIONS[item.verdict] ?? "") }, { name: "comparison", kind: "status" }, "repaired", "createdAt", { name: "ours", label: "Here", kind: "json" }, { name: "theirs", label: "At Razorpay", kind: "json" }],
  filters: [choice("verdict", VERDICTS), choice("comparison", SUBJECTS), { name: "standing", label: "Still true", kind: "boolean" }, { name: "repaired", kind: "boolean" }, { name: "entityId", label: "Razorpay's id" }, { name: "runId", label: "Run (id)", kind: "id" }],
  empty: "Nothing was found.",
}

/** @type {Resource} */
export const settlements = {
  name: "settlements",
  title: "Settlements",
  group: "Money",
  path: "admin/reconciliation/settlements",
  items: "settlements",
  item: "settlement",
  heading: settlement => settlement.id,
  columns: [{ name: "id", label: "Settlement", kind: "text" }, "settledAt", "status", "amount", { name: "fees", kind: "money" }, "tax", { name: "rows", kind: "number" }, { name: "rowsAmount" }, { name: "utr", label: "UTR" }],
  filters: [{ name: "startDate", kind: "date", default: today(-30) }, { name: "endDate", kind: "date", default: today() }],
  fields: ["status", "settledAt", "amount", { name: "fees", kind: "money" }, "tax", { name: "rows", kind: "number" }, { name: "rowsAmount" }, { name: "utr", label: "UTR" }],
  embedded: [{ title: "Rows", from: "rows", columns: [{ name: "entityId", kind: "id" }, { name: "type", kind: "status" }, "amount", "credit", "debit", "fee", "tax", "createdAt", { name: "description" }] }],
  panels: ["settlementSheet"],
  empty: "Nothing was settled in these days.",
}
