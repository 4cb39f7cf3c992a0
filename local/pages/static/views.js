// What the page shows, and to whom. A resource is one entry:
//   for      nobody | student | admin, as a list
//   path     what GET lists, below /functions/v1/ (or `url`), `rows` where the list is in the answer
//   columns  keys of a row; names that end in amount are money, as are those in `money`; times are shown as times
//   actions  a row's buttons, `tools` those above the table: label, path(row), and where they differ from a plain POST
//            method, body(row), ask (fields of a form), when(row), then(answer, row), accept (opens the answer in a tab)
//   links(row), isNew(row), open: as they say
import { stack, words } from "./stack.js"

const reason = { name: "reason", value: "Found while trying it by hand" }
const inDays = (days, hour) => () => `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)}T${hour}:00`

const hasSeats = row => row.status === "upcoming" && row.seatsLeft > 0
const today = () => new Date(Date.now() + 5.5 * 3_600_000).toISOString().slice(0, 10)

function checkout(answer) {
  if (!answer.order) return
  const back = `${location.origin}/_local/paid/${answer.registration.id}`
  location.href = `${stack.razorpayUrl}/checkout/${answer.order.id}?${new URLSearchParams({ callback_url: back, redirect: location.origin })}`
}

export const views = [
  {
    for: ["nobody", "student"], title: "Courses", path: "events?limit=100", rows: "events", open: true,
    columns: ["title", "instructor", "startsAt", "priceAmount", "seatsLeft", "status"],
    actions: [
      { label: "Register", main: true, path: () => "registrations", body: row => ({ eventId: row.id }), when: hasSeats },
      { label: "Register with a code", path: () => "registrations", body: row => ({ eventId: row.id }), ask: [{ name: "referralCode" }], when: hasSeats },
      { label: "Join the queue", path: () => "waitlist", body: row => ({ eventId: row.id }), when: row => row.status === "upcoming" && row.seatsLeft === 0 },
      { label: "Recordings", method: "GET", path: row => `recordings?eventId=${row.id}` },
    ],
  },
  {
    for: ["student"], title: "My registrations", path: "registrations?limit=100", rows: "registrations", open: true,
    columns: ["eventTitle", "eventStartsAt", "amount", "status", "paymentStatus", "holdExpiresAt"],
    actions: [
      { label: "Pay", main: true, path: row => `registrations/${row.id}/payment`, when: row => row.status === "pending", then: checkout },
      { label: "Cancel", path: row => `registrations/${row.id}/cancel`, when: row => ["pending", "confirmed"].includes(row.status) },
      {
        label: "Check in", path: () => "session-management?action=checkin", when: row => row.status === "confirmed",
        body: row => ({ registrationId: row.id, eventId: row.eventId }),
      },
      { label: "Get the certificate", path: () => "generate-certificate", body: row => ({ registrationId: row.id }), when: row => row.status === "confirmed" },
      {
        label: "Give feedback", path: () => "feedback", body: row => ({ registrationId: row.id }), when: row => row.status === "confirmed",
        ask: [{ name: "rating", type: "number", value: 5 }, { name: "comments", type: "long", required: false }],
      },
    ],
  },
  {
    for: ["student"], title: "Inbox", path: "notifications?limit=50", rows: "notifications", open: true,
    columns: ["title", "message", "createdAt"], isNew: row => !row.readAt,
    tools: [{ label: "Mark all as read", path: () => "notifications/read-all" }],
    actions: [{ label: "Mark as read", path: row => `notifications/${row.id}/read`, when: row => !row.readAt }],
  },
  {
    for: ["student"], title: "My places in queues", path: "waitlist?limit=100", rows: "waitlist",
    columns: ["eventTitle", "status", "position", "expiresAt"],
    actions: [
      { label: "Take the seat", main: true, path: row => `waitlist/${row.id}/claim`, when: row => row.status === "notified", then: checkout },
      { label: "Leave", method: "DELETE", path: row => `waitlist/${row.id}`, when: row => ["waiting", "notified"].includes(row.status) },
    ],
  },
  {
    for: ["student"], title: "My payments", path: "payments?limit=100", rows: "payments",
    columns: ["eventTitle", "amount", "refundedAmount", "status", "razorpayOrderId", "razorpayPaymentId", "createdAt"],
    actions: [{ label: "Receipt", path: row => `payments/${row.id}/receipt`, accept: "application/pdf", when: row => row.paidAt }],
  },
  {
    for: ["student"], title: "My attendance", path: "session-management?action=history", rows: "history",
    columns: ["event.title", "checkInTime", "checkOutTime", "durationMinutes"],
    actions: [{
      label: "Check out", path: () => "session-management?action=checkout",
      body: row => ({ attendanceId: row.id }), when: row => !row.checkOutTime,
    }],
  },
  {
    for: ["student"], title: "My certificates", path: "generate-certificate", rows: "certificates",
    columns: ["event.title", "certificateNumber", "recipientName", "issuedAt", "status"],
    links: row => ({ Verify: row.verifyUrl, PDF: row.pdfUrl, Badge: row.badgeUrl }),
  },
  {
    for: ["student"], title: "My referrals", path: "referrals", rows: "rewards",
    columns: ["eventTitle", "kind", "amount", "status", "grantedAt"],
    tools: [{ label: "Show my code", method: "GET", path: () => "referrals" }],
  },
  {
    for: ["student"], title: "What I am told", path: "notification-preferences", rows: "preferences",
    columns: ["type", "channel", "enabled"],
    actions: [{
      label: "Switch", method: "PUT", path: () => "notification-preferences",
      body: row => ({ preferences: [{ ...row, enabled: !row.enabled }] }),
    }],
  },
  {
    for: ["admin"], title: "Courses", path: "admin/events?limit=100", rows: "events", open: true,
    columns: ["title", "status", "startsAt", "priceAmount", "capacity", "seatsTaken"],
    tools: [{
      label: "Create a course", main: true, path: () => "admin/events",
      ask: [
        { name: "title" }, { name: "category", options: ["technical", "non_technical"] },
        { name: "startsAt", type: "time", value: inDays(7, "10") }, { name: "endsAt", type: "time", value: inDays(7, "16") },
        { name: "capacity", type: "number", value: 20 }, { name: "priceAmount", label: "Price in paise", type: "number", value: 49900 },
        { name: "meetingUrl", value: "https://meet.example.com/by-hand" },
      ],
    }],
    actions: [
      { label: "Publish", main: true, path: row => `admin/events/${row.id}/publish`, when: row => row.status === "draft" },
      {
        label: "Change", method: "PATCH", path: row => `admin/events/${row.id}`, when: row => ["draft", "upcoming"].includes(row.status),
        ask: [{ name: "title", value: row => row.title }, { name: "capacity", type: "number", value: row => row.capacity }],
      },
      { label: "Sessions", method: "GET", path: row => `admin/events/${row.id}/sessions` },
      {
        label: "Plan a session", path: row => `admin/events/${row.id}/sessions`, when: row => ["draft", "upcoming", "ongoing"].includes(row.status),
        ask: [{ name: "title", required: false }, { name: "startsAt", type: "time", value: inDays(7, "10") }, { name: "endsAt", type: "time", required: false }],
      },
      { label: "Attendance", method: "GET", path: row => `admin/events/${row.id}/attendance` },
      { label: "Attendance as CSV", path: row => `admin/events/${row.id}/attendance?format=csv`, accept: "text/csv" },
      {
        label: "Tell all students", path: () => "admin/notifications/broadcasts", body: row => ({ eventId: row.id }),
        ask: [{ name: "title" }, { name: "message", type: "long" }], when: row => row.seatsTaken > 0,
      },
      { label: "Cancel for everybody", path: row => `admin/events/${row.id}/cancel`, ask: [reason], when: row => ["draft", "upcoming", "ongoing"].includes(row.status) },
    ],
  },
  {
    for: ["admin"], title: "Reports", path: "analytics-report?type=overview", rows: "revenue",
    columns: ["currency", "payments", "gross", "refunded", "fees", "tax", "net"], money: ["gross", "refunded", "fees", "tax", "net"],
    tools: ["overview", "revenue", "events", "referrals", "funnel", "attendance"].flatMap(type => [
      { label: words(type), path: () => `analytics-report?type=${type}`, accept: "text/html" },
      { label: `${words(type)} as CSV`, path: () => `analytics-report?type=${type}&format=csv`, accept: "text/csv" },
    ]),
  },
  {
    for: ["admin"], title: "Registrations", path: "admin/registrations?limit=100", rows: "registrations",
    columns: ["fullName", "eventTitle", "status", "paymentStatus", "amount", "createdAt"],
    actions: [
      { label: "Look", method: "GET", path: row => `admin/registrations/${row.id}` },
      { label: "Confirm without payment", path: row => `admin/registrations/${row.id}/confirm`, ask: [reason], when: row => row.status === "pending" },
      {
        label: "Cancel", path: row => `admin/registrations/${row.id}/cancel`, when: row => ["pending", "confirmed"].includes(row.status),
        ask: [reason, { name: "refund", options: ["policy", "full", "none"] }],
      },
    ],
  },
  {
    for: ["admin"], title: "Refunds", path: "admin/refunds?limit=100", rows: "refunds",
    columns: ["eventTitle", "amount", "reason", "status", "attempts", "lastError", "createdAt"],
    tools: [{
      label: "Refund a payment", path: () => "admin/refunds",
      ask: [{ name: "paymentId" }, { name: "amount", label: "Amount in paise; empty for all that is left", type: "number", required: false }, { name: "note" }],
    }],
    actions: [{ label: "Try again", path: row => `admin/refunds/${row.id}/retry`, when: row => row.status === "failed" && !row.retriedBy }],
  },
  {
    for: ["admin"], title: "Disputes", path: "admin/disputes?limit=100", rows: "disputes",
    columns: ["eventTitle", "razorpayPaymentId", "amount", "phase", "reasonCode", "status", "respondBy"],
  },
  {
    for: ["admin"], title: "Reconciliation", path: "admin/reconciliation/runs?limit=100", rows: "runs",
    columns: ["kind", "status", "windowStart", "windowEnd", "findings", "repaired", "lastError"],
    tools: [
      { label: "Compare today", main: true, path: () => "admin/reconciliation/runs", body: () => ({ startDate: today(), endDate: today() }) },
      { label: "Settlements of this month", method: "GET", path: () => `admin/reconciliation/settlements?startDate=${today().slice(0, 8)}01&endDate=${today()}` },
    ],
    actions: [{ label: "Findings", method: "GET", path: row => `admin/reconciliation/items?runId=${row.id}` }],
  },
  {
    for: ["admin"], title: "Webhook log", path: "admin/webhook-logs?limit=100", rows: "webhookLogs",
    columns: ["eventType", "status", "outcome", "error", "razorpayOrderId", "receivedAt"],
    actions: [
      { label: "Look", method: "GET", path: row => `admin/webhook-logs/${row.id}` },
      { label: "Apply again", path: row => `admin/webhook-logs/${row.id}/replay`, when: row => row.signatureValid },
    ],
  },
  {
    for: ["admin"], title: "Signs of fraud", path: "admin/fraud-signals?limit=100", rows: "fraudSignals",
    columns: ["kind", "accounts", "reason", "isReviewed", "lastSeenAt"],
    actions: [{ label: "Reviewed", path: row => `admin/fraud-signals/${row.id}/review`, ask: [{ name: "note" }], when: row => !row.isReviewed }],
  },
  {
    for: ["admin"], title: "Audit log", path: "admin/audit-logs?limit=100", rows: "auditLogs",
    columns: ["position", "action", "resourceType", "oldValues", "newValues", "createdAt"],
  },
  {
    for: ["admin"], title: "Certificates", path: "admin/certificates?limit=100", rows: "certificates",
    columns: ["certificateNumber", "recipientName", "eventTitle", "issuedAt", "revokedAt", "revokeReason"],
    links: row => ({ Verify: row.verifyUrl }),
    actions: [
      { label: "Revoke", path: row => `admin/certificates/${row.id}/revoke`, ask: [reason], when: row => !row.revokedAt },
      { label: "Reissue", path: row => `admin/certificates/${row.id}/reissue`, ask: [{ name: "recipientName", value: row => row.recipientName }, reason], when: row => !row.replacedBy },
    ],
  },
  {
    for: ["admin"], title: "Recordings", path: "admin/recordings?limit=100", rows: "recordings",
    columns: ["title", "processingStatus", "failureReason", "fileSizeMb", "createdAt"],
  },
  {
    for: ["admin"], title: "Failed notifications", path: "admin/notifications?limit=100", rows: "notifications",
    columns: ["template", "type", "channel", "retryCount", "lastError", "createdAt"],
    tools: [{ label: "Try all again", path: () => "admin/notifications/retry-all", body: () => ({}) }],
    actions: [{ label: "Try again", path: row => `admin/notifications/${row.id}/retry` }],
  },
  {
    for: ["nobody", "student", "admin"], title: "Mails", url: "/_local/mail", rows: "emails",
    columns: ["sentAt", "to", "subject"],
  },
]
