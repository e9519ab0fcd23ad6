import { send } from "trcaa:host/http@{{host}}";
import { open } from "trcaa:host/secrets@{{host}}";

const text = (part) => (part.tag === "text" ? part.val : part.tag === "document" ? part.val.text : "");

export const provider = {
  describe: () => ({ id: "{{id}}", displayName: "{{id}}", version: "0.1.0", extra: [] }),
  models: () => [{ id: "answers-1", displayName: "Answers", features: [], extra: [] }],
  complete(request, out) {
    const question = request.messages.map((m) => `${m.role}: ${m.parts.map(text).join("")}\n`).join("");
    const response = send({
      method: "post",
      url: "https://api.example.com/v1/answers",
      headers: [["content-type", "application/json"]],
      body: new TextEncoder().encode(JSON.stringify({ model: request.model, question })),
    }, { tag: "explicit", val: [{ placement: { tag: "bearer" }, secret: open("api-key") }] });
    if (response.status() === 429) throw { tag: "rate-limited" };
    if (response.status() !== 200) throw { tag: "unavailable", val: `the remote answered ${response.status()}` };
    let answer;
    try {
      answer = JSON.parse(new TextDecoder().decode(response.readAll())).answer;
    } catch {
      throw { tag: "unavailable", val: "the remote's answer is no JSON" };
    }
    if (typeof answer !== "string") throw { tag: "unavailable", val: "the remote's answer has no text" };
    out.emit({ tag: "text-delta", val: answer });
    return { finish: "stop", extra: [] };
  },
};
