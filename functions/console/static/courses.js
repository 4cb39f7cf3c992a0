// Courses, their sessions, recordings and certificates.
import { get, request } from "./api.js"
import { choice } from "./description.js"
import { money, number } from "./format.js"
import { t } from "./texts.js"
import { beginUpload } from "./upload.js"

/** @typedef {import("./description.js").Resource} Resource */
/** @typedef {import("./description.js").Input} Input */
/** @typedef {import("./description.js").Row} Row */

const VIDEO_TYPES = ["video/mp4", "video/webm"]
const CATEGORIES = ["technical", "non_technical"]
export const EVENT_STATUSES = ["draft", "upcoming", "ongoing", "completed", "cancelled"]
const isOpen = (/** @type {Row} */ course) => ["draft", "upcoming", "ongoing"].includes(course.status)

/** The fields of a course; `course` for one that exists. @param {Row} [course] @returns {Input[]} */
function courseInputs(course) {
  /** @type {Input[]} */
  const inputs = [
    { name: "title", required: true, maxLength: 200 },
    { name: "description", kind: "long", maxLength: 20_000 },
    { name: "instructor", maxLength: 200 },
    { name: "category", kind: "choice", options: CATEGORIES, required: true, value: "technical" },
    { name: "startsAt", kind: "time", zone: "timeZone", required: true },
    { name: "endsAt", kind: "time", zone: "timeZone", required: true },
    { name: "salesEndAt", kind: "time", zone: "timeZone", help: "Empty for the start." },
    { name: "timeZone", required: true, value: "Asia/Kolkata", maxLength: 64 },
    { name: "capacity", label: "Seats", kind: "number", required: true, min: 1, max: 1_000_000 },
    { name: "priceAmount", label: "Price", kind: "money", currency: "currency", required: true, value: 0, help: "0 for a free course. Prices include tax." },
    { name: "currency", required: true, value: "INR", pattern: "^[A-Z]{3}$" },
    { name: "fullRefundHours", label: "Full refund until hours before the start", kind: "number", required: true, value: 72, min: 0, max: 8760 },
    { name: "partialRefundHours", label: "Refund in part until hours before the start", kind: "number", required: true, value: 24, min: 0, max: 8760 },
    { name: "partialRefundPercent", label: "Percent of a refund in part", kind: "number", required: true, value: 50, min: 0, max: 100 },
    { name: "minimumAttendanceMinutes", label: "Minutes to attend for a certificate", kind: "number", required: true, value: 0, min: 0, max: 100_000 },
    { name: "meetingUrl", label: "Meeting link", kind: "url", pattern: "^https://", maxLength: 2000 },
  ]
  return course ? inputs.map(input => ({ ...input, value: course[input.name] })) : inputs
}

/** What was left empty is left to the API. @param {Row} values */
const given = values => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))

/** Only what differs is sent, so that nothing is changed that nobody touched. @param {Row} course @param {Row} values */
function differences(course, values) {
  const isSame = (/** @type {any} */ old, /** @type {any} */ value) =>
    old === value || (old == null && value === null) || (typeof old === "string" && typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(old) && Date.parse(old) === Date.parse(value))
  const changed = Object.entries(values).filter(([name, value]) => !isSame(course[name], value))
  return Object.fromEntries(changed.map(([name, value]) => [name, value === null && ["description", "instructor"].includes(name) ? "" : value]))
}

/** @type {Resource} */
export const courses = {
  name: "courses",
  title: "Courses",
  group: "Courses",
  path: "admin/events",
  items: "events",
  item: "event",
  heading: course => course.title,
  columns: ["title", "status", "startsAt", { name: "seatsTaken", label: "Seats", value: course => `${number(course.seatsTaken)} / ${number(course.capacity)}` }, { name: "priceAmount", label: "Price" }, "instructor"],
  filters: [choice("status", EVENT_STATUSES)],
  fields: ["status", "startsAt", "endsAt", "salesEndAt", "timeZone", { name: "seatsTaken", label: "Seats", value: course => `${number(course.seatsTaken)} / ${number(course.capacity)}` }, { name: "priceAmount", label: "Price" }, "instructor", "category",
    { name: "fullRefundHours", label: "Full refund until hours before the start" }, { name: "partialRefundHours", label: "Refund in part until hours before the start" },
    { name: "partialRefundPercent", label: "Percent of a refund in part", kind: "percent" }, { name: "minimumAttendanceMinutes", label: "Minutes to attend for a certificate" },
    { name: "meetingUrl", label: "Meeting link" }, "createdAt", { name: "cancelledAt", rare: true }, { name: "cancelReason", rare: true }, { name: "description", kind: "long", rare: true }],
  create: [{
    name: "New course",
    look: "main",
    confirm: "Create as a draft",
    consequence: () => [t("The course is a draft until it is published: nobody sees it yet.")],
    inputs: () => courseInputs(),
    call: (_, values) => ({ method: "POST", path: "admin/events", body: given(values) }),
    done: "The draft was created.",
    then: answer => `#/courses/${answer.event.id}`,
  }],
  actions: [
    {
      name: "Publish",
      look: "main",
      when: course => course.status === "draft",
      consequence: course => [t("{title} goes on sale with {seats} seats for {price}.", { title: course.title, seats: number(course.capacity), price: money(course.priceAmount, course.currency) })],
      call: course => ({ method: "POST", path: `admin/events/${course.id}/publish` }),
      done: "The course is on sale.",
    },
    {
      name: "Take off the sale",
      when: course => course.status === "upcoming" && course.seatsTaken === 0,
      consequence: course => [t("{title} is a draft again: nobody sees it. Possible as long as nobody was ever registered or waited for it.", { title: course.title })],
      call: course => ({ method: "POST", path: `admin/events/${course.id}/unpublish` }),
      done: "The course is a draft again.",
    },
    {
      name: "Delete the draft",
      look: "danger",
      when: course => course.status === "draft",
      consequence: course => [t("{title} is deleted with its sessions, for good.", { title: course.title })],
      call: course => ({ method: "DELETE", path: `admin/events/${course.id}` }),
      done: "The draft was deleted.",
      then: () => "#/courses",
    },
    {
      name: "Edit",
      when: isOpen,
      confirm: "Save",
      consequence: course => [course.seatsTaken > 0 ? t("Seats taken: {number}. Whoever has one is told of a new time; a move by more than a day gives a week for a full refund.", { number: number(course.seatsTaken) }) : null],
      inputs: courseInputs,
      call: (course, values) => ({ method: "PATCH", path: `admin/events/${course.id}`, body: differences(course, values) }),
      done: "The course was saved.",
    },
    {
      name: "Plan a session",
      when: isOpen,
      inputs: course => [
        { name: "title", value: "", maxLength: 200 },
        { name: "startsAt", kind: "time", required: true, zone: course.timeZone, value: course.startsAt },
        { name: "endsAt", kind: "time", zone: course.timeZone, value: course.endsAt, help: "Within the course, and not while another session is on." },
      ],
      consequence: () => [t("The first planned session takes the place of the one that a course comes with.")],
      call: (course, values) => ({ method: "POST", path: `admin/events/${course.id}/sessions`, body: given(values) }),
      done: "The session was planned.",
    },
    {
      name: "Give a seat",
      when: course => ["upcoming", "ongoing"].includes(course.status),
      inputs: () => [{ name: "email", kind: "email", required: true, maxLength: 320 }, { name: "reason", required: true, minLength: 3, maxLength: 500, help: "It goes into the audit log." }],
      consequence: course => [t("The person gets a free, confirmed seat in {title} and is told.", { title: course.title })],
      call: (course, values) => ({ method: "POST", path: "admin/registrations", body: { ...values, eventId: course.id } }),
      done: "The seat was given.",
      then: answer => `#/registrations/${answer.registration.id}`,
    },
    {
      name: "Write to the students",
      when: course => course.status !== "draft",
      key: true,
      prepare: async course => ({ confirmed: (await get(`admin/events/${course.id}/attendance`, { limit: 1 })).summary.confirmed }),
      consequence: (_, { confirmed }) => [t("Confirmed students who get this message: {number}.", { number: number(confirmed) })],
      inputs: () => [
        { name: "title", required: true, maxLength: 200 },
        { name: "message", kind: "long", required: true, maxLength: 2000, help: "Plain text." },
        { name: "types", label: "Ways", kind: "several", options: ["email", "sms", "in_app"], value: ["email", "in_app"] },
        { name: "channel", label: "Kind of message", kind: "choice", options: ["transactional", "alert", "marketing"], required: true, value: "transactional" },
      ],
      call: (course, values) => ({ method: "POST", path: "admin/notifications/broadcasts", body: { ...values, eventId: course.id } }),
      confirm: "Send",
      done: "The message is on its way.",
      then: answer => `#/broadcasts/${answer.broadcast.id}`,
    },
    {
      name: "Upload a recording",
      when: course => course.status !== "draft",
      prepare: async course => get(`admin/events/${course.id}/sessions`),
      inputs: (_, { sessions }) => [
        { name: "file", kind: "file", required: true, options: VIDEO_TYPES, help: "MP4 or WebM. It goes on while you look at other screens." },
        { name: "title", required: true, maxLength: 200, value: sessions[0]?.title ?? "" },
        { name: "session", kind: "choice", options: sessions.map((/** @type {Row} */ session) => session.title) },
        { name: "durationMinutes", label: "Minutes", kind: "number", min: 1, max: 1440 },
      ],
      run: async (course, { file, session, ...values }) => {
        const { sessions } = await get(`admin/events/${course.id}/sessions`)
        const sessionId = sessions.find((/** @type {Row} */ each) => each.title === session)?.id ?? null
        const body = { ...values, eventId: course.id, sessionId, contentType: file.type, fileSizeBytes: file.size }
        const { data } = await request({ method: "POST", path: "admin/recordings", body })
        beginUpload(file, data)
      },
      confirm: "Upload",
      done: "The upload has begun.",
    },
    {
      name: "Cancel the course",
      look: "danger",
      when: isOpen,
      prepare: paidFor,
      consequence: (course, { seats, amounts, more }) => [
        t("{title} is cancelled for everybody, for good. Everybody is told.", { title: course.title }),
        seats ? t(more ? "Seats taken: more than {seats}. Goes back: more than {amount}." : "Seats taken: {seats}. Goes back: {amount}.", { seats: number(seats), amount: amounts }) : t("Nobody has a seat."),
      ],
      inputs: () => [{ name: "reason", required: true, maxLength: 500, help: "It is told to the students." }],
      call: (course, values) => ({ method: "POST", path: `admin/events/${course.id}/cancel`, body: values }),
      confirm: "Cancel the course for everybody",
      done: "The course is cancelled; refunds are on their way.",
    },
  ],
  panels: ["sessions", "cancellation", "attendance", "waitlist", "feedback"],
  related: [
    { resource: "registrations", query: course => ({ eventId: course.id }) },
    { resource: "recordings", query: course => ({ eventId: course.id }) },
    { resource: "certificates", query: course => ({ eventId: course.id }) },
    { resource: "refunds", query: course => ({ eventId: course.id }) },
  ],
  empty: "No course yet. Create the first one.",
}

/** What a cancellation would give back: seats and amounts of everybody who has one. @param {Row} course */
async function paidFor(course) {
  /** @type {Map<string, number>} */
  const sums = new Map()
  let seats = 0
  let cursor = null
  for (let page = 0; page < 20; page++) {
    const answer = await get("admin/registrations", { eventId: course.id, status: "confirmed", limit: 100, cursor })
    for (const { amount, currency, paymentStatus } of answer.registrations) {
      seats++
      if (paymentStatus === "completed") sums.set(currency, (sums.get(currency) ?? 0) + amount)
    }
    cursor = answer.nextCursor
    if (!cursor) break
  }
  const amounts = [...sums].map(([currency, amount]) => money(amount, currency)).join(" + ") || money(0, course.currency)
  return { seats, amounts, more: Boolean(cursor) }
}

/** Actions of one session; `_course` is its course. @type {import("./description.js").Action[]} */
export const sessionActions = [
  {
    name: "Move",
    when: session => isOpen(session._course) && Date.parse(session.endsAt) > Date.now(),
    inputs: session => [
      { name: "title", value: session.title, maxLength: 200 },
      { name: "startsAt", kind: "time", required: true, zone: session._course.timeZone, value: session.startsAt },
      { name: "endsAt", kind: "time", required: true, zone: session._course.timeZone, value: session.endsAt },
    ],
    consequence: session => [session._course.seatsTaken > 0 ? t("Seats taken: {number}. Whoever has one is told of the new time.", { number: number(session._course.seatsTaken) }) : null],
    call: (session, values) => ({ method: "PATCH", path: `admin/events/${session.eventId}/sessions/${session.id}`, body: differences(session, values) }),
    confirm: "Save",
    done: "The session was moved.",
  },
  {
    name: "Remove",
    look: "danger",
    when: session => isOpen(session._course) && !session.attended && session._count > 1,
    consequence: session => [t("The session {title} is taken out of the course.", { title: session.title })],
    call: session => ({ method: "DELETE", path: `admin/events/${session.eventId}/sessions/${session.id}` }),
    done: "The session was removed.",
  },
]

/** Below a course, which completes the path. @type {Resource} */
export const attendees = {
  name: "attendance",
  title: "Attendance",
  group: "Courses",
  hidden: true,
  items: "attendees",
  id: "registrationId",
  csv: true,
  columns: [{ name: "fullName", to: "registrations", id: "registrationId" }, { name: "email" }, { name: "isPresent", label: "Present now" }, { name: "sessionsAttended", label: "Sessions", kind: "number" }, { name: "minutes", kind: "number" }, { name: "firstCheckIn" }, { name: "lastCheckOut" }, { name: "isNoShow", label: "No-show" }],
  empty: "Nobody has a seat.",
}

/** Below a course, which completes the path. @type {Resource} */
export const waitlist = {
  name: "waitlist",
  title: "Waitlist",
  group: "Courses",
  hidden: true,
  items: "waitlist",
  columns: [{ name: "fullName" }, { name: "email" }, { name: "status" }, { name: "joinedAt" }, { name: "expiresAt", label: "Offer ends" }, { name: "registrationId", label: "Registration" }],
  empty: "Nobody waits.",
}

/** Below a course, which completes the path. @type {Resource} */
export const feedback = {
  name: "feedback",
  title: "Feedback",
  group: "Courses",
  hidden: true,
  items: "feedback",
  columns: [{ name: "rating", kind: "number" }, { name: "comments", kind: "long" }, { name: "fullName", to: "registrations", id: "registrationId" }, { name: "createdAt" }],
  empty: "No feedback yet.",
}

/** @type {Resource} */
export const recordings = {
  name: "recordings",
  title: "Recordings",
  group: "Courses",
  path: "admin/recordings",
  refresh: 10,
  items: "recordings",
  columns: ["title", "processingStatus", { name: "fileSizeBytes", label: "Size", kind: "size" }, { name: "durationMinutes", label: "Minutes" }, "createdAt", { name: "failureReason" }, { name: "eventId", label: "Course" }],
  filters: [{ name: "eventId", label: "Course (id)", kind: "id" }],
  heading: recording => recording.title,
  actions: [
    {
      name: "Edit",
      confirm: "Save",
      inputs: recording => [{ name: "title", required: true, maxLength: 200, value: recording.title }, { name: "durationMinutes", label: "Minutes", kind: "number", min: 1, max: 1440, value: recording.durationMinutes }],
      call: (recording, values) => ({ method: "PATCH", path: `admin/recordings/${recording.id}`, body: given(differences(recording, values)) }),
      done: "The recording was saved.",
    },
    {
      name: "Upload again",
      when: recording => ["uploading", "failed"].includes(recording.processingStatus),
      inputs: recording => [{ name: "file", kind: "file", required: true, options: [recording.contentType], help: "The whole file is sent again." }],
      run: async (recording, { file }) => beginUpload(file, (await request({ method: "POST", path: `admin/recordings/${recording.id}/upload` })).data),
      confirm: "Upload",
      done: "The upload has begun.",
    },
    {
      name: "Hide",
      look: "danger",
      when: recording => recording.processingStatus === "ready",
      consequence: () => [t("The students of the course cannot watch it any more, until it is shown again.")],
      inputs: () => [{ name: "failureReason", label: "Reason", required: true, maxLength: 500 }],
      call: (recording, values) => ({ method: "PATCH", path: `admin/recordings/${recording.id}`, body: { ...values, processingStatus: "failed" } }),
      done: "The recording is hidden.",
    },
    {
      name: "Show",
      when: recording => recording.processingStatus === "failed" && recording.fileSizeMb != null,
      call: recording => ({ method: "PATCH", path: `admin/recordings/${recording.id}`, body: { processingStatus: "ready" } }),
      consequence: () => [t("The students of the course can watch it again.")],
      done: "The recording is shown.",
    },
  ],
  empty: "No recording yet. Open a course to upload one.",
}

/** @type {Resource} */
export const certificates = {
  name: "certificates",
  title: "Certificates",
  group: "Courses",
  path: "admin/certificates",
  items: "certificates",
  columns: ["certificateNumber", "recipientName", { name: "eventTitle", label: "Course", to: "courses", id: "eventId" }, "issuedAt", { name: "status", value: certificate => (certificate.revokedAt ? "revoked" : "valid") }, { name: "revokeReason" }, { name: "verifyUrl", label: "Verification" }],
  filters: [{ name: "number", label: "Number", placeholder: "CC-2026-…" }, { name: "eventId", label: "Course (id)", kind: "id" }, { name: "userId", label: "Person (id)", kind: "id" }],
  heading: certificate => certificate.certificateNumber,
  actions: [
    {
      name: "Reissue",
      when: certificate => !certificate.replacedBy,
      inputs: certificate => [
        { name: "recipientName", label: "Name on the certificate", required: true, maxLength: 200, value: certificate.recipientName },
        { name: "reason", required: true, minLength: 3, maxLength: 500, value: "Reissued with a corrected name" },
      ],
      consequence: certificate => [t("{number} is revoked for good, and a new certificate with its own number is issued.", { number: certificate.certificateNumber })],
      call: (certificate, values) => ({ method: "POST", path: `admin/certificates/${certificate.id}/reissue`, body: values }),
      done: "The certificate was reissued.",
    },
    {
      name: "Revoke",
      look: "danger",
      when: certificate => !certificate.revokedAt,
      inputs: () => [{ name: "reason", required: true, minLength: 3, maxLength: 500, help: "It is told to the student and to everybody who checks the certificate." }],
      consequence: certificate => [t("{number} of {name} counts no more, for good.", { number: certificate.certificateNumber, name: certificate.recipientName })],
      call: (certificate, values) => ({ method: "POST", path: `admin/certificates/${certificate.id}/revoke`, body: values }),
      done: "The certificate was revoked.",
    },
  ],
  empty: "No certificate is like that.",
}
