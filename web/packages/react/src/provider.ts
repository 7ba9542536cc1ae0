import type { Client } from "@switchboard/client";
import { createContext, createElement, type ReactNode, useContext } from "react";

const Context = createContext<Client | null>(null);

/** Properties of {@link SwitchboardProvider}. */
export interface SwitchboardProviderProps {
  /** Made once, outside of components: `createClient(…)`. Who made it ends it. */
  client: Client;
  children?: ReactNode;
}

/** Gives the hooks below it their client. */
export function SwitchboardProvider({ client, children }: SwitchboardProviderProps): ReactNode {
  return createElement(Context.Provider, { value: client }, children);
}

/** The client of the nearest provider. */
export function useClient(): Client {
  const client = useContext(Context);
  if (!client) throw new Error("Put a <SwitchboardProvider client={…}> around the components that use Switchboard.");
  return client;
}
