// Sign-in by OpenID Connect: authorization code with PKCE. Tokens stay in this module's memory: a reload signs in anew,
// which Cognito's session answers without a password. Only the request's state and code verifier are in sessionStorage.
import { signal } from "@preact/signals"
import { InMemoryWebStorage, UserManager, WebStorageStateStore } from "oidc-client-ts"
import { configuration, pageUrl } from "./configuration.js"

const SECONDS_BEFORE_EXPIRY = 60

const manager = new UserManager({
  authority: configuration.issuer,
  metadataUrl: configuration.metadataUrl,
  client_id: configuration.clientId,
  redirect_uri: pageUrl,
  scope: configuration.scope,
  userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
  stateStore: new WebStorageStateStore({ store: sessionStorage, prefix: "sign-in." }),
  automaticSilentRenew: false,
  redirectMethod: "replace",
})

/** Who is signed in, for display only: `name` and `email`, as the ID token gives them. */
export const account = signal(/** @type {{ name: string, email: string } | null} */ (null))

/** Whether the sign-in has ended and could not be renewed: the shell offers to sign in again. */
export const hasEnded = signal(false)

/** Sign in: come back from the issuer's pages, or go there. Returns whether somebody is signed in; throws what the issuer refused. */
export async function signIn() {
  const query = new URLSearchParams(location.search)
  if (!query.has("code") && !query.has("error")) {
    await leaveToSignIn()
    return false
  }
  try {
    const user = await manager.signinCallback()
    const from = /** @type {{ fragment?: string } | undefined} */ (user?.state)
    history.replaceState(null, "", location.pathname + (from?.fragment ?? ""))
    dispatchEvent(new PopStateEvent("popstate")) // replaceState tells nobody, and the router has read the address already
    remember(user)
    return Boolean(user)
  } catch (error) {
    history.replaceState(null, "", location.pathname)
    if (isForgotten(error)) {
      await leaveToSignIn() // the answer to a request of another tab or of yesterday
      return false
    }
    throw error
  }
}

/** Go to the issuer's pages, and come back to the same place. */
export async function leaveToSignIn() {
  await manager.signinRedirect({ state: { fragment: location.hash } })
}

/** An access token that lasts a while yet; null once the sign-in has ended. */
export async function accessToken() {
  const user = await manager.getUser()
  if (user && (user.expires_in ?? 0) > SECONDS_BEFORE_EXPIRY) return user.access_token
  return renew()
}

/** @type {Promise<string | null> | null} */
let renewal = null

/** A new access token for the refresh token, which is used once; requests that come meanwhile wait for the same one. */
export function renew() {
  renewal ??= manager
    .signinSilent()
    .then(user => {
      remember(user)
      return user?.access_token ?? null
    })
    .catch(() => {
      hasEnded.value = true
      return null
    })
    .finally(() => (renewal = null))
  return renewal
}

/** Sign out here, or with `everywhere` on every device; then the issuer's session ends too. */
export async function signOut({ everywhere = false } = {}) {
  if (everywhere) await signOutEverywhere()
  const metadata = await manager.metadataService.getMetadata()
  if (metadata.revocation_endpoint) await manager.revokeTokens(["refresh_token"]).catch(() => {})
  await manager.removeUser()
  account.value = null
  const end = metadata.end_session_endpoint
  if (!end) return location.replace(pageUrl)
  // Without id_token_hint: no token is ever part of an address. Cognito calls the second address logout_uri.
  const address = new URL(end)
  address.searchParams.set("client_id", configuration.clientId)
  address.searchParams.set("post_logout_redirect_uri", pageUrl)
  address.searchParams.set("logout_uri", pageUrl)
  location.replace(address.href)
}

/** Whether sign-in is Cognito's, whose API signs out everywhere and keeps second factors. */
export const usesCognito = configuration.usesCognito

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GlobalSignOut.html */
const signOutEverywhere = () => askCognito("GlobalSignOut")

/** The secret that an authenticator app is to keep for this account. @returns {Promise<string>} */
export async function beginAuthenticator() {
  return (await askCognito("AssociateSoftwareToken")).SecretCode
}

/** Ask for a code of the app at every sign-in from now on. @param {string} code that the app shows */
export async function confirmAuthenticator(code) {
  const { Status: status } = await askCognito("VerifySoftwareToken", { UserCode: code })
  if (status !== "SUCCESS") throw new Error("This is not the code.")
  await askCognito("SetUserMFAPreference", { SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } })
}

/** Cognito's own API, for whoever is signed in. @param {string} action @param {Record<string, unknown>} [fields] */
async function askCognito(action, fields = {}) {
  const answer = await fetch(new URL("/", configuration.metadataUrl), {
    method: "POST",
    headers: { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}` },
    body: JSON.stringify({ AccessToken: await accessToken(), ...fields }),
  })
  const said = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(said.message ?? `${action}: ${answer.status}`)
  return said
}

/** @param {import("oidc-client-ts").User | null | undefined} user */
function remember(user) {
  if (!user) return
  hasEnded.value = false
  account.value = { name: user.profile.name ?? user.profile.email ?? "", email: user.profile.email ?? "" }
}

/** @param {unknown} error */
function isForgotten(error) {
  return error instanceof Error && error.message.includes("No matching state")
}
