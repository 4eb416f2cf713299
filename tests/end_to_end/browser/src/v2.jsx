import { useStream } from "@langchain/react";
import { useState } from "react";
import { Chat, keepThread, mount, settings } from "./chat.jsx";

function App() {
  const [thread, setThread] = useState(settings.thread);
  const stream = useStream({
    apiUrl: settings.api,
    assistantId: settings.assistant,
    threadId: thread,
    onThreadId: (id) => { keepThread(id); setThread(id); },
  });
  return (
    <Chat
      thread={stream.threadId} busy={stream.isLoading} reading={stream.isThreadLoading} messages={stream.messages}
      interrupt={stream.interrupt} error={stream.error} stop={stream.stop}
      send={(text) => stream.submit({ messages: [{ type: "human", content: text }] })}
      resume={(value) => stream.respond(value, { interruptId: stream.interrupt.id })}
    />
  );
}

mount(App);
