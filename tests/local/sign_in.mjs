// Everything that an account does, by a module of docs/clients.md; test_signing_in.py runs it against the stack.
import assert from "node:assert/strict"

const [module, settings, baseUrl, email] = process.argv.slice(2)
const { accounts } = await import(module)
const user = accounts(JSON.parse(settings))
const refused = (promise, name) => assert.rejects(promise, error => (assert.equal(error.name, name), true))
const status = async ({ accessToken }) => {
  const answer = await fetch(`${baseUrl}/functions/v1/me`, { headers: { Authorization: `Bearer ${accessToken}` } })
  return answer.status
}

await user.signUp(email, "First-passw0rd", "Asha Rao")
await refused(user.signUp(email, "First-passw0rd", "Asha Rao"), "UsernameExistsException")
await refused(user.signIn(email, "First-passw0rd"), "UserNotConfirmedException")
await user.sendAnotherCode(email)
await refused(user.confirm(email, "000000"), "CodeMismatchException")
await user.confirm(email, "123456")

await refused(user.signIn(email, "Wrong-passw0rd"), "NotAuthorizedException")
const first = await user.signIn(email, "First-passw0rd")
assert.equal(await status(first), 200)
assert.equal(await status({ accessToken: `${first.accessToken}x` }), 401)
const second = await user.refresh(first.refreshToken)
assert.equal(await status(second), 200)
assert.equal(await status(await user.refresh(second.refreshToken)), 200)
await user.signOut(second.refreshToken)
await refused(user.refresh(second.refreshToken), "NotAuthorizedException")

await user.forgotPassword(email)
await refused(user.resetPassword(email, "000000", "Second-passw0rd"), "CodeMismatchException")
await user.resetPassword(email, "654321", "Second-passw0rd")
await refused(user.signIn(email, "First-passw0rd"), "NotAuthorizedException")
assert.equal(await status(await user.signIn(email, "Second-passw0rd")), 200)
console.log("signed in")
process.exit()
