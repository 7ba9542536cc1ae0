/** The browser's own notifications. They are asked for by a button, never by themselves. */

export type Permission = "granted" | "denied" | "default" | "missing";

export function permission(): Permission {
  return typeof Notification === "undefined" ? "missing" : Notification.permission;
}

export async function askPermission(): Promise<Permission> {
  if (typeof Notification === "undefined") return "missing";
  return Notification.requestPermission();
}

/** Shows one; another with the same `tag` takes its place. A click brings the window to the front. */
export function show(title: string, body: string, tag: string, onClick: () => void): boolean {
  if (permission() !== "granted") return false;
  try {
    const shown = new Notification(title, { body, tag, silent: true });
    shown.onclick = () => {
      window.focus();
      shown.close();
      onClick();
    };
    return true;
  } catch {
    // Some phones know the name but only show them from a service worker.
    return false;
  }
}
