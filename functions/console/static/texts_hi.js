export const hindi = /** @type {Record<string, string>} */ ({})
