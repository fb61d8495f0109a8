# shellcheck shell=dash
first() {
	[ "$FLAVOR" = base ] || verdict ok
	case $END in
	"wrong before the trigger") verdict "it goes wrong" ;;
	hang) sleep 1000 ;;
	esac
	trigger "the thing"
	case $END in
	wrong) verdict "it goes wrong" ;;
	other) verdict "something else" ;;
	esac
	verdict ok
}
