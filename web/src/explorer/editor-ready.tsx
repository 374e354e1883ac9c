// Tells when GraphiQL's query editor accepts input.
import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

export function EditorReadySignal({ onReady }: { onReady: () => void }) {
  const isReady = useGraphiQL((state) => state.queryEditor !== undefined);
  useEffect(() => {
    if (isReady) onReady();
  }, [isReady, onReady]);
  return null;
}
