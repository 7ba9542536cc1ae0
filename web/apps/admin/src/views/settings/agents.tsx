import type { Agent } from "@switchboard/client";
import { Button, type Column, PlusIcon, Table, UsersRoundIcon } from "@switchboard/design";
import { useMemo, useState } from "preact/hooks";
import { useBoard, useWide } from "../../live/context.ts";
import { sortAgents } from "../../model/board.ts";
import { n, t } from "../../texts.ts";
import { AgentDialog, NewAgentDialog } from "../agent.tsx";
import { AgentState, Card, Load, Nothing, PageHead, Reading, Words } from "../parts.tsx";

export function AgentsView() {
  const board = useBoard();
  const { agents, error } = board.queue.value;
  const [editing, setEditing] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  const wide = useWide(900);
  const middling = useWide(640);
  const sorted = useMemo(() => sortAgents(agents ?? []), [agents]);
  const add = (
    <Button kind="primary" icon={<PlusIcon small />} onClick={() => setAdding(true)}>
      {t("agents.add")}
    </Button>
  );
  const columns: (Column<Agent> | false)[] = [
    { id: "name", head: t("agents.name"), cell: (agent) => <strong>{agent.name}</strong> },
    { id: "status", head: t("agents.status"), cell: (agent) => <AgentState agent={agent} /> },
    middling && { id: "load", head: t("agents.load"), cell: (agent) => <Load agent={agent} /> },
    { id: "limit", head: t("agents.capacity"), number: true, cell: (agent) => n(agent.maxConcurrentChats) },
    wide && { id: "skills", head: t("agents.skills"), cell: (agent) => <Words list={agent.skills} /> },
    wide && { id: "teams", head: t("agents.teams"), cell: (agent) => <Words list={agent.teams} /> },
  ];
  return (
    <>
      <PageHead title={t("nav.agents")} about={t("agents.about")} tools={add} />
      <Card title={t("agents.title")} count={agents?.length} flush>
        <Reading of={{ value: agents, error, loading: !error, at: board.queue.value.updatedAt }} rows={8}>
          {() => (
            <Table
              caption={t("agents.caption")}
              rows={sorted}
              columns={columns.filter((column) => column !== false)}
              keyOf={(agent) => agent.agentId}
              onOpen={(agent) => setEditing(agent.agentId)}
              empty={
                <Nothing title={t("agents.empty")} icon={<UsersRoundIcon />}>
                  {t("agents.empty_about")}
                </Nothing>
              }
            />
          )}
        </Reading>
      </Card>
      {editing && <AgentDialog id={editing} onClose={() => setEditing(null)} />}
      {adding && <NewAgentDialog onClose={() => setAdding(false)} />}
    </>
  );
}
