using System.CommandLine;
using KvStore.Specs.OwnershipModel;

namespace KvStore.Specs.CommandLine;

/// <summary><c>model</c>: the ownership protocol in all interleavings, with each rule dropped in turn, and in the large.</summary>
internal static class ModelCommand
{
    public static Command Create()
    {
        var states = new Option<int>("--states")
        {
            Description = "Where the search of a large configuration gives up; about 60 bytes each.",
            DefaultValueFactory = _ => 10_000_000,
        };
        var command = new Command("model", "The ownership protocol in all interleavings; each rule dropped in turn, with a trace of what goes wrong then.") { states };
        command.SetAction((arguments, cancel) => Task.FromResult(OwnershipModelRuns.Run(Console.Out, arguments.GetValue(states), cancel) == 0 ? 0 : 1));
        return command;
    }
}
