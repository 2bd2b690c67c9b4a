/** `npm run sim`: many simulated lives, or one of them with every event shown. */
import { parseArgs } from 'node:util';
import { departureFromWeights, type Draws } from './first-choices.ts';
import { simulate } from './simulate.ts';

const EVENTS = 300;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    events: { type: 'string', default: String(EVENTS) },
  },
});
const events = Number(values.events);
const only = process.env['SEED'];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

if (only !== undefined) {
  const { violation, seen } = await simulate({ seed: Number(only), events, log: print });
  print(
    violation === null
      ? `seed ${only}: everything held ${JSON.stringify(seen)}`
      : `seed ${only}: ${violation}`,
  );
  process.exitCode = violation === null ? 0 : 1;
} else {
  const from = Number(values.from);
  const started = process.cpuUsage();
  let happened = 0;
  let broken = 0;
  const draws: (readonly Draws[])[] = [];
  for (let seed = from; seed < from + Number(values.seeds); seed += 1) {
    const report = await simulate({ seed, events, log: null });
    happened += report.events;
    draws.push(report.draws);
    if (report.violation === null) continue;
    broken += 1;
    print(`seed ${seed}: ${report.violation}\n  replay: SEED=${seed} npm run sim -- --events ${events}`);
  }
  const cpuSeconds = (process.cpuUsage(started).user / 1e6).toFixed(1);
  print(`${values.seeds} seeds, ${happened} events, ${broken} broken, ${cpuSeconds} s CPU`);
  const { draws: drawn, chiSquare, chiSquareMax } = departureFromWeights(draws);
  print(`${drawn} draws by weight, χ² ${chiSquare.toFixed(1)} of at most ${chiSquareMax.toFixed(1)}`);
  process.exitCode = broken === 0 && chiSquare < chiSquareMax ? 0 : 1;
}
