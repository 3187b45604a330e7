/** Fixtures for tests of the study: folders, small settings, and a recording console. */

/** The settings of a run of seconds. */
export const SMOKE = { scale: "smoke", device: "cpu" } as const;

/** The folders of a study in a folder of its own. */
export const foldersIn = (folder: string) => ({ runs: `${folder}/runs`, results: `${folder}/results` });

/** A console that remembers what was said. */
export const quiet = () => {
  const said: string[] = [];
  return {
    said,
    console: {
      out: (text: string) => void said.push(text),
      error: (text: string) => void said.push(text),
      isTerminal: false,
      width: () => 80,
      now: () => performance.now() / 1000,
      date: () => "2026-01-01T00:00:00.000Z",
      interrupted: () => false,
    },
  };
};
