// Who is signed in: the access token in memory, the refresh token in the tab's storage so that a reload keeps the session.
import { accounts } from "./accounts.js"

const KEY = "refreshToken"
const EARLY_SECONDS = 60

/**
 * @param {{ cognitoUrl: string, clientId: string }} configuration
 */
export function createSession(configuration) {
  const account = accounts(configuration)
  /** @type {{ accessToken: string, refreshToken: string } | null} */
  let tokens = null
  /** @type {Promise<string | null> | null} */
  let refreshing = null

  /** @param {{ accessToken: string, refreshToken: string } | null} found */
  function keep(found) {
    tokens = found
    if (found) sessionStorage.setItem(KEY, found.refreshToken)
    else sessionStorage.removeItem(KEY)
    return found?.accessToken ?? null
  }

  async function refresh() {
    const refreshToken = sessionStorage.getItem(KEY)
    if (!refreshToken) return null
    try {
      return keep(await account.refresh(refreshToken))
    } catch (error) {
      if (error instanceof Error && error.name === "NotAuthorizedException") return keep(null)
      throw error // no network: still signed in
    }
  }

  return {
    account,
    isSignedIn: () => sessionStorage.getItem(KEY) !== null,
    /** A token that is good for a minute at least; null for nobody. One refresh at a time. */
    async freshToken() {
      if (tokens && expiry(tokens.accessToken) > Date.now() / 1000 + EARLY_SECONDS) return tokens.accessToken
      refreshing ??= refresh().finally(() => (refreshing = null))
      return refreshing
    },
    /** @param {string} email @param {string} password */
    async signIn(email, password) {
      keep(await account.signIn(email, password))
    },
    async signOut() {
      const refreshToken = sessionStorage.getItem(KEY)
      keep(null)
      if (refreshToken) await account.signOut(refreshToken)
    },
  }
}

/** @param {string} token */
function expiry(token) {
  const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")
  return JSON.parse(atob(payload)).exp
}
