using Akka.Event;

namespace KvStore.Node.Diagnostics;

/// <summary>
/// Stands in for Akka's own logger to the standard output, which takes over when the others stop. What a system that cannot start
/// has to say, it throws.
/// </summary>
internal sealed class NoStandardOutput : MinimalLogger
{
    protected override void Log(object message)
    {
    }
}
