// People: search, one person's whole history, the merge of a lost login.
import { request } from "./api.js"
import { t } from "./texts.js"

/** @typedef {import("./description.js").Resource} Resource */
/** @typedef {import("./description.js").Row} Row */

/** @type {Resource} */
export const people = {
  name: "people",
  title: "People",
  group: "People",
  path: "admin/users",
  items: "users",
  item: "user",
  heading: person => person.fullName || person.email,
  columns: ["fullName", "email", { name: "emailVerified", label: "Address verified", kind: "boolean" }, "phone", "createdAt"],
  filters: [{ name: "q", label: "Address, number, name or id", placeholder: "name@example.com" }],
  fields: [
    "email", { name: "emailVerified", label: "Address verified", kind: "boolean" }, "phone", { name: "phoneVerified", label: "Number verified", kind: "boolean" }, "language",
    { name: "referralCode", label: "Referral code" }, "createdAt", { name: "id", label: "Id", kind: "text" }, { name: "erasedAt", label: "Erased", rare: true }, { name: "mergedInto", label: "Merged into", kind: "id", to: "people", rare: true },
  ],
  embedded: [
    { title: "Registrations", from: "seats", columns: [{ name: "eventTitle", label: "Course", to: "registrations", id: "registrationId" }, "status", "paymentStatus", "eventStartsAt", "createdAt"] },
    { title: "Payments", from: "payments", columns: [{ name: "status" }, "amount", "paidAt", { name: "registrationId", label: "Registration" }] },
    { title: "Certificates", from: "certificates", columns: [{ name: "certificateNumber" }, "issuedAt", { name: "revokedAt", label: "Revoked" }] },
  ],
  panels: ["notifications"],
  actions: [{
    name: "Merge a lost login",
    look: "danger",
    when: person => !person.mergedInto && !person.erasedAt,
    inputs: () => [{ name: "fromUserId", label: "Id of the lost login", required: true, pattern: "^[0-9a-f-]{36}$" }],
    consequence: person => [t("Everything that the lost login owned moves to {name}, for good; it is tried first, and nothing moves where something conflicts.", { name: person.fullName || person.email })],
    run: mergeInto,
    confirm: "Merge",
    done: "The logins were merged.",
  }, {
    name: "Lift the limits of holds",
    when: person => !person.mergedInto && !person.erasedAt,
    consequence: person => [t("{name} can hold seats again at once, whatever was held before without paying.", { name: person.fullName || person.email })],
    call: person => ({ method: "POST", path: `admin/users/${person.id}/lift-hold-limits` }),
    done: "The limits were lifted.",
  }],
  empty: "Nobody is like that.",
}

/** Try first, then merge. @param {Row} person @param {Row} values */
async function mergeInto(person, { fromUserId }) {
  const call = (/** @type {boolean} */ dryRun) => request({ method: "POST", path: `admin/users/${person.id}/merge`, body: { fromUserId, dryRun } })
  const { conflicts } = (await call(true)).data
  if (conflicts.length > 0) throw new Error(conflicts.map((/** @type {Row} */ each) => `${each.code}: ${each.eventTitle ?? ""}`).join(", "))
  return (await call(false)).data
}
