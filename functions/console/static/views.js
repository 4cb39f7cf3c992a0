// Screens that are no list, by the name that a resource's `view` gives.
import { OverviewScreen } from "./overview.js"
import { ReportsScreen } from "./reports.js"

/** @type {Record<string, any>} */
export const views = { overview: OverviewScreen, reports: ReportsScreen }
