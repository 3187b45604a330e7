/**
 * Waiting for code that may never end, such as a user's module or environment: nothing but patience tells it from code
 * that is slow, so after a while a line says what is waited for, and the waiting goes on.
 *
 * @module
 */

/** The time that a wait has taken. */
export interface Patience {
  /** Begins a wait, and ends the one before. */
  readonly begin: () => void;
  /** Ends the wait. */
  readonly end: () => void;
}

/** Seconds after which a wait is long. */
export const LONG_WAIT = 10;

/** Milliseconds in which a message that came while this thread was busy is received, and may end the wait. */
const RECEPTION = 10;

/**
 * Patience of so many seconds.
 *
 * @param lost is called once in each wait that takes longer
 */
export function patience(seconds: number, lost: () => void): Patience {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => clearTimeout(timer);
  return {
    begin: () => {
      end();
      timer = setTimeout(() => void (timer = setTimeout(lost, RECEPTION)), 1000 * seconds);
    },
    end,
  };
}

/** Prints a line for whoever trains from code. */
export const warn = (line: string): void => console.warn(line);
