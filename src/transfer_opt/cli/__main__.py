"""python -m transfer_opt.cli"""

from transfer_opt.cli.main import main

main()
