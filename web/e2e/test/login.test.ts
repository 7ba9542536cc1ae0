import type { Page } from "playwright-core";
import { expect } from "vitest";
import { boardIn, consoleIn } from "../src/faces.ts";
import { type Profile, story } from "../src/world.ts";

const REFUSED = /status of 401/;

story("Logging in and out", {}, (step, world) => {
  let profile: Profile;
  let desk: Page;
  const agent = () => consoleIn(desk, world().server.address);

  step(
    "a wrong password is answered with a sentence at both pages, without saying which of the two was wrong",
    async () => {
      world().expect(REFUSED);
      profile = await world().profile("agent");
      desk = await world().window("agent", profile);
      const board = await world().window("admin");
      await agent().logIn({ ...world().server.login("ada"), password: "wrong password" });
      await desk
        .getByText("E-mail and password do not match.")
        .or(desk.getByText(/do not match/))
        .first()
        .waitFor();
      await world().look(desk, "console-login-wrong");
      await boardIn(board, world().server.address).logIn({ email: "nobody@localhost", password: "wrong password" });
      await board.getByText("do not belong together", { exact: false }).waitFor();
      await world().look(board, "admin-login-wrong");
      await board.close();
    },
  );

  step("an agent has no business at the admin board, and is told so", async () => {
    const board = await world().window("admin");
    await boardIn(board, world().server.address).logIn(world().server.login("ada"));
    await board
      .getByText(/administrator|admin/i)
      .first()
      .waitFor();
    expect(await boardIn(board, "").heading.count()).toBe(0);
    await world().look(board, "admin-refused");
    // Somebody else can log in right there.
    await board.getByLabel("E-mail").fill(world().server.login("admin").email);
    await board.getByLabel("Password").fill(world().server.login("admin").password);
    await board.getByRole("button", { name: "Log in" }).click();
    await boardIn(board, "").heading.waitFor();
    await board.close();
  });

  step("logged in, a reload stays so, and no secret lies in the page's reach", async () => {
    await agent().logIn(world().server.login("ada"));
    await agent().on();
    await desk.reload();
    await agent().on();
    const kept = await desk.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    );
    expect(kept).not.toMatch(/eyJ/);
    const cookies = await profile.cookies();
    const refresh = cookies.filter(({ httpOnly }) => httpOnly);
    expect(refresh.length).toBe(1);
    expect(refresh[0]?.sameSite).toBe("Strict");
  });

  step("logged out in one window, the other one says so too", async () => {
    const other = await world().window("agent's other window", profile);
    await other.goto(`${world().server.address}/console`);
    await consoleIn(other, "").on();
    await other.locator("[aria-label^='Menu of']").click();
    await other.getByRole("menuitem", { name: "Log out" }).click();
    await other.getByText("You are logged out.").waitFor();
    await desk.getByText("logged out in another window", { exact: false }).waitFor({ timeout: 30_000 });
    await desk.reload();
    await desk.getByLabel("Password").waitFor();
  });

  step("an account that is switched off is logged out, with a sentence", async () => {
    const call = await world().admin();
    await agent().logIn(world().server.login("grace"));
    await agent().on();
    const { items } = await call<{ items: { agentId: string; name: string }[] }>("GET", "/agents");
    await call("POST", `/agents/${items.find(({ name }) => name === "Grace")?.agentId}/deactivate`, {});
    await desk.getByLabel("Password").waitFor({ timeout: 30_000 });
  });
});

story("One browser, two people", {}, (step, world) => {
  let profile: Profile;
  let desk: Page;
  let board: Page;
  const agent = () => consoleIn(desk, world().server.address);
  const admin = () => boardIn(board, world().server.address);

  step("an agent in the console and an admin at the board do not throw each other out", async () => {
    profile = await world().profile("both");
    desk = await world().window("console", profile);
    board = await world().window("board", profile);
    await agent().logIn(world().server.login("ada"));
    await agent().on();
    await admin().logIn(world().server.login("admin"));
    await admin().heading.waitFor();
    await desk.reload();
    await agent().on();
    await desk.locator("[aria-label='Menu of Ada']").waitFor();
    await board.reload();
    await admin().heading.waitFor();
    const secrets = (await profile.cookies()).filter(({ httpOnly }) => httpOnly);
    expect(secrets.map(({ name }) => name).sort()).toEqual([
      "switchboard_refresh_admin",
      "switchboard_refresh_console",
    ]);
  });

  step("one of them logs out, and the other one stays", async () => {
    await board.getByRole("button", { name: "Log out" }).click();
    await board.getByLabel("Password").waitFor();
    await desk.reload();
    await agent().on();
  });
});

story(
  "A login that ends is renewed in silence",
  {
    SWITCHBOARD__AUTH__ACCESS_TOKEN_TTL_S: "8",
    SWITCHBOARD__AUTH__EXPIRY_NOTICE_MS: "5000",
  },
  (step, world) => {
    step("over several lives of the token the agent stays logged in and connected", async () => {
      const desk = await world().window("agent");
      const agent = consoleIn(desk, world().server.address);
      const renewed = { count: 0 };
      desk.on("response", (response) => {
        if (response.url().endsWith("/auth/refresh") && response.ok()) renewed.count += 1;
      });
      await agent.logIn(world().server.login("ada"));
      await agent.on();
      await expect.poll(() => renewed.count, { timeout: 40_000 }).toBeGreaterThan(2);
      await agent.on();
      await agent.status("Away");
      expect(await desk.getByLabel("Password").count()).toBe(0);
      expect(await agent.banners.locator(".sb-banner").count()).toBe(0);
    });
  },
);
