/** Stands for a section whose driver hangs: it finds something and then neither ends nor listens. */

console.log(JSON.stringify({ ready: true }));
await Deno.stdin.readable.getReader().read();
console.log(JSON.stringify({ findings: { tables: [], data: Deno.args[0] } }));
for (;;);
