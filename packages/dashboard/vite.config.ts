/** Builds the dashboard to static files with hashed names, which the server serves. */
import { ROUTES, type Route } from '@arouter/contract';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const PLACES = 'virtual:route-places';

/** Where each route is and whether it belongs to a workspace: all that a browser needs of the contract's table. */
function routePlaces(): Plugin {
  const places = Object.fromEntries(
    Object.entries<Route>(ROUTES).map(([name, route]) => [
      name,
      {
        method: route.method,
        path: route.path,
        answer: route.answer === null ? null : 'json',
        takesWorkspace: route.query !== null && 'workspace_id' in route.query.shape,
      },
    ]),
  );
  return {
    name: 'route-places',
    resolveId: (id) => (id === PLACES ? `\0${PLACES}` : undefined),
    load: (id) =>
      id === `\0${PLACES}` ? `export const ROUTE_PLACES = ${JSON.stringify(places)};` : undefined,
  };
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss(), routePlaces()],
  build: {
    target: 'es2023',
    sourcemap: false,
    // The content policy allows no data: fonts or scripts; every file has a name of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      '/api': 'http://127.0.0.1:8080',
      '/v1': 'http://127.0.0.1:8080',
      '/bootstrap': 'http://127.0.0.1:8080',
    },
  },
});
