import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Reads `+ pid` and `- pid`. Its input ends when the launcher is gone, however that went; then it ends what is left:
 * politely first, after five seconds by force.
 */
const SCRIPT = `
pids=
while read -r what pid; do
  case "$what" in
    +) pids="$pids $pid" ;;
    -) left=; for it in $pids; do [ "$it" = "$pid" ] || left="$left $it"; done; pids=$left ;;
  esac
done
[ -n "$pids" ] || exit 0
kill -TERM $pids 2>/dev/null
for second in 1 2 3 4 5; do
  alive=; for it in $pids; do kill -0 $it 2>/dev/null && alive=1; done
  [ -n "$alive" ] || exit 0
  sleep 1
done
kill -KILL $pids 2>/dev/null
`;

const guarded = new Set<number>();
let guard: ChildProcess | undefined;

/**
 * Lets a program not outlive this process, even when this one is killed by force and can say nothing any more: a shell
 * of its own session watches over all of them. Works for programs that are not ours, too.
 */
export function guardProgram(pid: number): void {
  guarded.add(pid);
  if (guard) tell(`+ ${String(pid)}`);
  else startGuard();
}

/** The program has ended: its number may belong to somebody else from now on. */
export function unguardProgram(pid: number): void {
  if (guarded.delete(pid)) tell(`- ${String(pid)}`);
}

function startGuard(): void {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'ringback-guard'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard = child;
  child.on('error', () => {}); // no shell: we run without a guard
  child.once('exit', () => {
    guard = undefined;
    if (guarded.size > 0) startGuard();
  });
  child.stdin.on('error', () => {}); // it was killed: `exit` starts another
  // It must not keep us alive: it is here for when we are gone.
  child.unref();
  (child.stdin as Writable & { unref(): void }).unref();
  for (const pid of guarded) tell(`+ ${String(pid)}`);
}

function tell(line: string): void {
  guard?.stdin?.write(`${line}\n`);
}
