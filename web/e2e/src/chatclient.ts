/** Seed 002's ChatClient, written down from the document, on the stock socket.io-client; and a desk for its staff. */
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";

export interface Message {
  sessionUuid: string;
  messageId: string;
  seq: number;
  senderId: string | null;
  senderName: string;
  content: string;
  timestamp: string;
  aiGenerated: boolean;
}

export type Options = Partial<ManagerOptions & SocketOptions>;

/** Events as they come, each of which can be waited for. */
export class Heard {
  readonly all: { name: string; data: Record<string, unknown> }[] = [];
  private looked = 0;
  private waiting: (() => void)[] = [];

  constructor(readonly socket: Socket) {
    socket.onAny((name: string, data: Record<string, unknown>) => this.put(name, data));
    socket.on("connect", () => this.put("connect", {}));
    socket.on("disconnect", (reason) => this.put("disconnect", { reason }));
    socket.on("connect_error", (error) => this.put("connect_error", { message: error.message }));
  }

  private put(name: string, data: Record<string, unknown>) {
    this.all.push({ name, data });
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** The next event of a name that fits, from where the last look ended. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says
  async next(wanted: string, fits: (data: any) => boolean = () => true): Promise<any> {
    for (;;) {
      while (this.looked < this.all.length) {
        const event = this.all[this.looked++];
        if (event?.name === wanted && fits(event.data)) return event.data;
      }
      await this.more();
    }
  }

  /** Something has come. */
  more() {
    return new Promise<void>((wake) => this.waiting.push(wake));
  }
}

export class ChatClient {
  readonly socket: Socket;
  readonly heard: Heard;
  sessionUuid: string | null = null;
  /** What is on the screen, oldest first. */
  screen: { seq: number; line: string }[] = [];
  status = "";

  constructor(address: string, options: Options) {
    this.socket = io(address, options);
    this.heard = new Heard(this.socket);
    this.setupEventListeners();
  }

  private setupEventListeners() {
    this.socket.on("chat_session_restored", (data: { sessionUuid: string; history: Message[] }) => {
      this.sessionUuid = data.sessionUuid;
      for (const message of data.history) this.display(message);
    });
    this.socket.on("new_message", (message: Message) => this.display(message));
    this.socket.on("ai_message", (message: Message) => this.display(message));
    this.socket.on("transfer_requested", () => {
      this.status = "Requesting human agent...";
    });
    this.socket.on("transfer_accepted", (data: { staffName: string }) => {
      this.status = `Connected to ${data.staffName}`;
    });
  }

  sendMessage(content: string) {
    this.socket.emit("send_message", { sessionUuid: this.sessionUuid, content, messageType: "text" });
  }

  requestHumanAgent(reason: string) {
    this.socket.emit("request_staff", { sessionUuid: this.sessionUuid, reason });
  }

  private display(message: Message) {
    const who = message.aiGenerated ? "AI" : message.senderName;
    this.screen.push({ seq: message.seq, line: `${who}: ${message.content}` });
  }

  stop() {
    this.socket.disconnect();
  }
}
