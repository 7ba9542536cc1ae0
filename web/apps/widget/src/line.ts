/** The line to the server: a file of its own, fetched when somebody begins to talk or has talked here before. */
export { createClient } from "@switchboard/client";
export { indexedDbOutbox } from "@switchboard/client/outbox";
export { visitorSession } from "@switchboard/client/session";
export { sharedConnection } from "@switchboard/client/tabs";
