/**
 * The plain dialect: everything in it is written from the server's own types (`protocol.generated.ts`); here are only
 * shorter names. Times are RFC 3339 text in UTC. Ids are opaque text. `seq` counts from 1 in each conversation
 * without a hole.
 */
import type * as Generated from "./protocol.generated.ts";

export type {
  Agent,
  ConversationStatus,
  EntryStatus,
  ErrorCode,
  EscalationStatus,
  FallbackPolicy,
  Message,
  Note,
  Participant,
  ParticipantRole,
  Presence,
  QueuePlace,
  QueueRow,
  Role,
  SenderRole,
  SentMessage,
  ServerEvents,
  Timestamp,
  TopicState,
  WaitUnknown,
  Workload as AgentLoad,
} from "./protocol.generated.ts";

/** How an agent wants to be, or (`not_responding`) was found to be. */
export type AgentAvailability = Generated.Availability;
/** The statuses that an agent may choose. */
export type ChosenAvailability = Exclude<AgentAvailability, "not_responding">;
/** What a message is. */
export type MessageType = Generated.MessageKind;
/** Half of all customers in this place wait at most `p50`, nine of ten at most `p90`; seconds. */
export type WaitRange = NonNullable<Generated.QueuePlace["estimatedWaitSeconds"]>;
/** What can be watched with `subscribe`. */
export type Topic = Generated.TopicState["topic"];
/** A change of a watched topic, or the whole of it. `agents` = all of them, `agent` = this one changed. */
export type TopicUpdate = Generated.TopicState;
/** A named counter. */
export type Metric = Extract<Generated.TopicState, { topic: "metrics" }>["metrics"][number];
/** Told to one agent. */
export type AgentNotification = Generated.ServerEvents["agent_notification"];
/** Told to all admins. */
export type AdminNotification = Generated.ServerEvents["admin_notification"];

/** The answer to `join`. */
export type Joined = Generated.JoinedReply;
/** The answer to `resume`. */
export type Resumed = Generated.ResumedReply;
/** The answer to `start_conversation`. */
export type Started = Generated.StartedReply;
/** The answer to `assign_to_me`, `assign` and `accept_transfer`. */
export type Assigned = Generated.AssignedReply;
/** The answer to `ping`. */
export type Pong = Generated.PongReply;

/** Every command that is acknowledged: what goes up and what comes back. */
export type Commands = Omit<Generated.Commands, "typing_start" | "typing_stop" | "ping" | "agent_status"> & {
  agent_status: { data: { status: ChosenAvailability; reason?: string }; reply: Generated.DoneReply };
};
/** A command's `type`. */
export type CommandType = keyof Commands;
