using KvStore.Node;
using KvStore.Node.Config;

if (args.Any(arg => arg is "--help" or "-h" or "-?" or "help"))
{
    Console.Out.Write(HelpText.Make());
    return 0;
}

using var secondSignal = new SecondSignal();
try
{
    await using var node = await NodeHost.StartAsync(args, CancellationToken.None).ConfigureAwait(false);
    await node.WaitForShutdownAsync().ConfigureAwait(false);
    return Environment.ExitCode;
}
catch (StartBrokenOffException)
{
    return Environment.ExitCode;
}
catch (StartRefusedException refused)
{
    // Whoever started this wants to know what to change; a stack trace would only hide it.
    await Console.Error.WriteLineAsync($"KvStore cannot start.{Environment.NewLine}{refused.Message}").ConfigureAwait(false);
    return 1;
}
