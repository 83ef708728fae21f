using KvStore.Node;
using KvStore.Node.Config;

if (args.Any(arg => arg is "--help" or "-h" or "-?" or "help"))
{
    Console.Out.Write(HelpText.Make());
    return 0;
}

SocketCompletions.PreferInline();
using var signals = new Signals();
try
{
    await using var node = await NodeHost.StartAsync(args, signals.Starting).ConfigureAwait(false);
    signals.Running();
    if (signals.Starting.IsCancellationRequested)
    {
        // It came in the last moment of the start, and the host may not have heard it.
        node.App.Lifetime.StopApplication();
    }

    await node.WaitForShutdownAsync().ConfigureAwait(false);
    return Environment.ExitCode;
}
catch (Exception fault) when (fault is StartBrokenOffException || (fault is OperationCanceledException && signals.Starting.IsCancellationRequested))
{
    return Environment.ExitCode;
}
catch (StartRefusedException refused)
{
    // Whoever started this wants to know what to change; a stack trace would only hide it.
    await Console.Error.WriteLineAsync($"KvStore cannot start.{Environment.NewLine}{refused.Message}").ConfigureAwait(false);
    return 1;
}
