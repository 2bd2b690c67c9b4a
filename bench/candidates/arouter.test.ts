/**
 * How the harness starts a gateway, against a small program in the gateway's place that keeps to the same command line
 * and API. The real one is measured by `npm run bench`; here it is the harness that is tested.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gateway, Workbench } from '../harness/candidate.ts';
import { arouter } from './arouter.ts';

const STAND_IN = `
import { createServer } from 'node:http';
import { existsSync, writeFileSync } from 'node:fs';
const marker = process.env.AROUTER_DATA_DIR + '/initialised';
if (process.argv[2] === 'init') {
  writeFileSync(marker, '');
  console.log(JSON.stringify({ management_key: 'lr_mgmt_x', api_key: 'lr_live_x' }));
} else {
  if (!existsSync(marker) || process.env.OPENAI_API_KEY !== undefined) process.exit(78);
  let key = null, answered = 0;
  createServer((request, response) => {
    let text = '';
    request.on('data', (part) => (text += part)).on('end', () => {
      const send = (status, value) => response.writeHead(status).end(JSON.stringify(value));
      const token = request.headers.authorization;
      if (request.url === '/api/v1/byok' && token === 'Bearer lr_mgmt_x') {
        const body = JSON.parse(text);
        if (body.rpm_limit > RPM_MAX) return send(400, { error: 'rpm_limit' });
        key = body;
        return send(201, { data: { id: 'pk_1' } });
      }
      if (request.url === '/v1/chat/completions' && token === 'Bearer lr_live_x' && key?.base_url === UPSTREAM) {
        answered++;
        return answered < 3 ? send(503, {}) : send(200, {});
      }
      if (request.url === '/api/usage/summary') return send(200, { total_requests: answered });
      send(404, {});
    });
  }).listen(Number(process.env.AROUTER_PORT), '127.0.0.1');
}
`;
const MOCK_PORT = 9;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bench-arouter-'));
  mkdirSync(join(root, 'cache', 'logs'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"version":"1.2.3","type":"module"}');
});
afterEach(() => rmSync(root, { recursive: true }));

function workbench(): Workbench {
  const cacheFolder = join(root, 'cache');
  const mock = { mockPort: MOCK_PORT, mockPid: process.pid };
  return { root, cacheFolder, loadGenerator: '', keepAwakeProgram: '', ...mock, pin: false, nodeFlags: [] };
}

function install(rpmMax: number): void {
  const file = join(root, 'packages', 'server', 'dist', 'cli', 'main.js');
  mkdirSync(dirname(file), { recursive: true });
  const constants = `const RPM_MAX = ${rpmMax}, UPSTREAM = 'http://127.0.0.1:${MOCK_PORT}/v1';`;
  writeFileSync(file, `${constants}\n${STAND_IN}`);
}

async function started(): Promise<Gateway> {
  const result = await arouter.start(workbench());
  if (result.kind === 'skipped') throw new Error(result.reason);
  return result.gateway;
}

const dataFolders = (): string[] => readdirSync(join(root, 'cache')).filter((name) => name !== 'logs');

describe('ARouter as a candidate', () => {
  it('is skipped with a reason while there is nothing to start', async () => {
    const result = await arouter.start(workbench());
    expect(result).toEqual({ kind: 'skipped', reason: 'the gateway is not built' });
  });
  it('is ready when a completion succeeds, and leaves nothing behind', async () => {
    install(Infinity);
    const gateway = await started();
    expect(gateway).toMatchObject({ token: 'lr_live_x', version: 'arouter 1.2.3' });
    expect(gateway.notes.join()).toContain('request limit, daily budget');
    expect(dataFolders()).toHaveLength(1);
    await gateway.stop();
    expect(dataFolders()).toEqual([]);
  });
  it('says so when the gateway allows no request limit as high as the load', async () => {
    install(10_000);
    const gateway = await started();
    expect(gateway.notes.join()).toContain('no request limit');
    await gateway.stop();
  });
  it('does not vouch for a run whose requests are not in the ledger', { timeout: 20_000 }, async () => {
    install(Infinity);
    const gateway = await started();
    await expect(gateway.verify?.(3)).resolves.toContain('3 requests answered');
    await expect(gateway.verify?.(4)).rejects.toThrow('the ledger has 3');
    await gateway.stop();
  });
});
