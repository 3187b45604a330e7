/** A NATS server for one test, on loopback, with a persistent store. */
import { until } from "../waiting.ts";

/** Whether tests over NATS can run here; where they are required, they fail instead of being ignored. */
export const hasNats: boolean = Deno.env.get("SOFTQ_REQUIRE_NATS") === "1" ||
  (() => {
    try {
      return new Deno.Command("nats-server", { args: ["--version"], stdout: "null", stderr: "null" })
        .outputSync().success;
    } catch {
      return false;
    }
  })();

/** A server that runs. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Process of the server that runs now. */
  readonly pid: () => number;
  /** Kills it, as a power failure would. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port and store. */
  readonly start: () => Promise<void>;
}

/** A port that is free now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const answers = async (port: number): Promise<boolean> => {
  try {
    using _connection = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  } catch {
    return false;
  }
};

/** Gives a server to a body and ends it afterwards. */
export async function withServer<A>(
  folder: string,
  body: (server: NatsServer) => Promise<A>,
  words: readonly string[] = [],
  address = "127.0.0.1",
): Promise<A> {
  const port = freePort();
  let process: Deno.ChildProcess | null = null;
  const start = async (): Promise<void> => {
    process = new Deno.Command("nats-server", {
      args: ["-js", "-sd", `${folder}/store`, "-a", address, "-p", String(port), ...words],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until("an answer of the server", () => answers(port), { seconds: 30, interval: 50 });
  };
  const kill = async (): Promise<void> => {
    process?.kill("SIGKILL");
    await process?.status;
    process = null;
  };
  await start();
  try {
    return await body({ url: `nats://127.0.0.1:${port}`, port, pid: () => process!.pid, kill, start });
  } finally {
    await kill();
  }
}
