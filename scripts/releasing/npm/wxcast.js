#!/usr/bin/env node
// Starts the program of the platform package that npm has chosen. It stays beside it until it ends, because a run
// that is asked to stop first waits for the answers that are still on their way.
"use strict";

const { spawn } = require("node:child_process");

const name = `@wxcast/${process.platform}-${process.arch}`;
const file = process.platform === "win32" ? "wxcast.exe" : "wxcast";

let program;
try {
  program = require.resolve(`${name}/bin/${file}`);
} catch {
  console.error(`wxcast: the package ${name} is not installed.`);
  console.error("There may be none for this computer, or optional packages were left out (npm's --omit=optional).");
  console.error(`wxcast：没有安装 ${name}。可能是还不支持这台电脑，也可能是安装时略过了可选的包（npm 的 --omit=optional）。`);
  process.exit(1);
}

const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });

// A terminal sends Ctrl-C to both, and a second one would break off what the first one ends cleanly.
const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"]) {
  process.on(signal, () => {
    if (signal === "SIGTERM" || !terminal) child.kill(signal);
  });
}

child.on("error", (error) => {
  console.error(`wxcast: ${program}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  for (const name of ["SIGINT", "SIGHUP", "SIGTERM"]) process.removeAllListeners(name);
  process.kill(process.pid, signal);
});
