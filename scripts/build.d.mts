/** Builds the dashboard's static files where the sources are not those of the last build. `node`: the path of Node. */
export function ensureDashboard(node: string): void;
