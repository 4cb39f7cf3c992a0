// What a team might write with the TypeScript client; test_clients.py runs it against the stack.
import assert from "node:assert/strict"
import { once } from "node:events"
import { ApiError, createClient, unwrap, type Schema } from "crash-course-client"

const [baseUrl, razorpayUrl, token, adminToken, paidCourse, liveCourse] = process.argv.slice(2)
const anybody = createClient({ baseUrl })
const student = createClient({ baseUrl, accessToken: async () => token, deviceId: crypto.randomUUID() })

const { events } = await unwrap(anybody.GET("/functions/v1/events"))
assert(events.some(each => each.id === paidCourse))
const { event } = await unwrap(anybody.GET("/functions/v1/events/{eventId}", { params: { path: { eventId: paidCourse } } }))
// @ts-expect-error an event has no such field
event.colour

const order = await register(paidCourse)
assert(order.registration.status === "pending" && order.order)
assert.equal(order.order.amount, event.priceAmount)
const again = await register(paidCourse).catch((error: unknown) => error)
assert(again instanceof ApiError && again.status === 409 && again.code === "already_registered", String(again))
const nobody = await anybody.GET("/functions/v1/registrations")
assert.equal(nobody.response.status, 401)

const paid = await fetch(`${razorpayUrl}/checkout/${order.order.id}/pay`, { method: "POST" })
const checkout: Schema<"CheckoutResult"> = await paid.json()
const registrationId = order.registration.id
const verified = await unwrap(
  student.POST("/functions/v1/registrations/{registrationId}/verify-payment", {
    params: { path: { registrationId } },
    body: checkout,
  }),
)
assert.equal(verified.registration.status, "confirmed")

const { payments } = await unwrap(student.GET("/functions/v1/payments"))
assert.deepEqual(payments.map(each => [each.status, each.amount]), [["success", event.priceAmount]])
const path = { paymentId: payments[0].id }
const { receipt } = await unwrap(student.GET("/functions/v1/payments/{paymentId}/receipt", { params: { path } }))
assert.equal(receipt.amount, event.priceAmount)
const file = await student.GET("/functions/v1/payments/{paymentId}/receipt", {
  params: { path },
  headers: { Accept: "application/pdf" },
  parseAs: "blob",
})
assert.equal(await (file.data as unknown as Blob).slice(0, 5).text(), "%PDF-")
await until(async () => (await unwrap(student.GET("/functions/v1/notifications"))).notifications.length > 0)

const seat = (await register(liveCourse)).registration
const { attendance } = await unwrap(
  student.POST("/functions/v1/session-management", {
    params: { query: { action: "checkin" } },
    body: { registrationId: seat.id, eventId: liveCourse },
  }),
)
await unwrap(
  student.POST("/functions/v1/session-management", {
    params: { query: { action: "checkout" } },
    body: { attendanceId: attendance.id },
  }),
)
console.log("attended")
await once(process.stdin, "data") // the course is over
const { certificate } = await unwrap(
  student.POST("/functions/v1/generate-certificate", { body: { registrationId: seat.id } }),
)
const found = await unwrap(
  anybody.GET("/functions/v1/generate-certificate", { params: { query: { token: certificate.verificationToken } } }),
)
// @ts-expect-error it may be a list as well
found.integrity
assert(found.type === "verification" && found.integrity.intact && found.certificate)
assert.equal(found.certificate.certificateNumber, certificate.certificateNumber)
const own = await unwrap(student.GET("/functions/v1/generate-certificate"))
assert(own.type === "list" && own.certificates.length === 1)

const administrator = createClient({ baseUrl, accessToken: () => adminToken })
const report = await unwrap(
  administrator.GET("/functions/v1/analytics-report", { params: { query: { type: "revenue" } } }),
)
// @ts-expect-error it may be another report as well
report.totals
assert(report.type === "revenue" && report.totals.some(each => each.gross >= event.priceAmount))
console.log(`certified for ${found.certificate.courseTitle}`)
process.exit()

async function register(eventId: string): Promise<Schema<"RegistrationAnswer">> {
  return unwrap(student.POST("/functions/v1/registrations", { body: { eventId } }))
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(done => setTimeout(done, 100))
}
