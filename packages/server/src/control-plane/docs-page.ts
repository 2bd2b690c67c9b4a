/** The OpenAPI document as one page: no script, nothing from elsewhere, readable by text browsers. */
import { createHash } from 'node:crypto';
import type { OpenApiDocument } from '@arouter/contract';

const STYLE = `
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent);--soft:color-mix(in srgb,currentColor 65%,transparent)}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:2rem 1rem 6rem}
h1{margin-bottom:0}h2{margin-top:3rem;border-bottom:1px solid var(--line)}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem}
nav a{white-space:nowrap}
details{border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0;padding:.5rem .75rem}
summary{cursor:pointer}summary code{font-weight:600}
code,pre{font:14px/1.45 ui-monospace,monospace}pre{overflow:auto;padding:.75rem;border:1px solid var(--line);border-radius:.5rem}
.method{display:inline-block;min-width:4rem}.soft{color:var(--soft)}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}
`;

/** Allows this page's one style and nothing else. */
export const docsPagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

type Json = Readonly<Record<string, unknown>>;
type Operation = { readonly method: string; readonly path: string; readonly operation: Json };

export function docsPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const byTag = Map.groupBy(operations, ({ operation }) =>
    String((operation['tags'] as readonly string[])[0]),
  );
  const title = escape(String(document.info['title']));
  const sections = [...byTag].map(
    ([tag, its]) => `<h2 id="${anchor(tag)}">${escape(tag)}</h2>${its.map(section).join('')}`,
  );
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      `<details id="schema-${escape(name)}"><summary><code>${escape(name)}</code></summary>${code(schema)}</details>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title><style>${STYLE}</style></head><body>
<h1>${title}</h1>
<p class="soft">Version ${escape(String(document.info['version']))} · <a href="/openapi.json">openapi.json</a></p>
<p>${escape(String(document.info['description']))}</p>
<nav>${[...byTag.keys()].map((tag) => `<a href="#${anchor(tag)}">${escape(tag)}</a>`).join('')}<a href="#schemas">Schemas</a></nav>
${sections.join('\n')}
<h2 id="schemas">Schemas</h2>${schemas.join('\n')}
</body></html>
`;
}

function section({ method, path, operation }: Operation): string {
  const parameters = operation['parameters'] as readonly Json[];
  const responses = Object.entries(operation['responses'] as Json);
  return `<details id="${escape(String(operation['operationId']))}"><summary><code><span class="method">${method}</span> ${escape(path)}</code><br>${escape(String(operation['summary']))}</summary>
<p class="soft">${escape(String(operation['description']))}</p>
${parameters.length === 0 ? '' : parameterTable(parameters)}
${operation['requestBody'] === undefined ? '' : `<h4>Body</h4>${code(schemaOf(operation['requestBody'] as Json))}`}
<h4>Answers</h4>${responses.map(([status, response]) => answer(status, response as Json)).join('')}
</details>`;
}

function parameterTable(parameters: readonly Json[]): string {
  const rows = parameters.map(
    (each) =>
      `<tr><td><code>${escape(String(each['name']))}</code></td><td>${escape(String(each['in']))}${each['required'] === true ? ', required' : ''}</td><td>${escape(String(each['description'] ?? ''))}</td><td><code>${escape(JSON.stringify(each['schema']))}</code></td></tr>`,
  );
  return `<h4>Parameters</h4><table><tbody>${rows.join('')}</tbody></table>`;
}

function answer(status: string, response: Json): string {
  const description = escape(String(response['description'])).replaceAll('\n\n', '<br>');
  const body = Number(status) < 300 ? code(schemaOf(response)) : '';
  return `<p><code>${escape(status)}</code> ${description}</p>${body}`;
}

function schemaOf(holder: Json): unknown {
  const content = holder['content'] as Readonly<Record<string, Json>> | undefined;
  return content?.['application/json']?.['schema'] ?? null;
}

function code(value: unknown): string {
  return value === null ? '' : `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`;
}

function anchor(tag: string): string {
  return tag.toLowerCase().replaceAll(' ', '-');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
