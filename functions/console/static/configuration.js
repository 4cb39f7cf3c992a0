// What the server says to the page: see SignInConfiguration in functions/console/models.py.

/** @type {{ issuer: string, metadataUrl: string, clientId: string, scope: string, usesCognito: boolean, timeZone: string }} */
export const configuration = JSON.parse(document.getElementById("configuration")?.textContent ?? "{}")

/** The page's own address, without query and fragment: where sign-in and sign-out lead back to. */
export const pageUrl = location.origin + location.pathname
export const apiUrl = new URL("functions/v1/", pageUrl).href
